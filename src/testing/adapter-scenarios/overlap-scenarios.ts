import assert from 'node:assert/strict'
import type { AdapterScenario } from '../adapter-scenario.ts'
import { setTheme } from './common-routes.ts'
import { scenario } from './stage.ts'
import type { SessionRoute } from './stage.ts'
import { createBarrier } from './waiting.ts'

const count = 20

const countValues: SessionRoute = (session, reply) => reply.send(String(session().keys().length))

const showVisits: SessionRoute = (session, reply) => reply.send(String(session().get('visits')))

/** What requests of one browser that are under way together leave. */
export const overlapScenarios: readonly AdapterScenario[] = [
  scenario('keeps the values of all overlapping requests', async ({ open }) => {
    const arrive = createBarrier(count)
    const keep = (index: number): SessionRoute => {
      return async (session, reply) => {
        session().set(`value ${index}`, index)
        await arrive()
        reply.send('kept')
      }
    }
    const paths = Array.from({ length: count }, (_, index) => `/keep/${index}`)
    const keeping = Object.fromEntries(paths.map((path, index) => [path, keep(index)]))
    const { browser } = await open({ '/set': setTheme, '/list': countValues, ...keeping })
    await browser.request('/set')
    const answers = await Promise.all(paths.map((path) => browser.text(path)))
    assert.deepEqual(new Set(answers), new Set(['kept']))
    assert.equal(await browser.text('/list'), String(count + 1))
  }),

  scenario('counts every overlapping update', async ({ open }) => {
    const arrive = createBarrier(count)
    const visit: SessionRoute = async (session, reply) => {
      session().update('visits', (visits = 0) => Number(visits) + 1)
      await arrive()
      reply.send('counted')
    }
    const { browser } = await open({ '/set': setTheme, '/visit': visit, '/visits': showVisits })
    await browser.request('/set')
    await Promise.all(Array.from({ length: count }, () => browser.text('/visit')))
    assert.equal(await browser.text('/visits'), String(count))
  }),

  scenario('lets one of all overlapping requests consume a value', async ({ open }) => {
    const arrive = createBarrier(count)
    const consume: SessionRoute = async (session, reply) => {
      session().get('theme')
      await arrive()
      reply.send(String(await session().consume('theme')))
    }
    const { browser } = await open({ '/set': setTheme, '/consume': consume })
    await browser.request('/set')
    const answers = await Promise.all(Array.from({ length: count }, () => browser.text('/consume')))
    assert.equal(answers.filter((answer) => answer === 'dark').length, 1)
    assert.equal(answers.filter((answer) => answer === 'undefined').length, count - 1)
  }),
]
