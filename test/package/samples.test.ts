import { after, before, describe, test } from 'node:test'
import { needsServer, SampleProject, samples } from './samples.ts'

describe('every sample of the documentation', () => {
  let project: SampleProject

  before(() => {
    project = new SampleProject('.samples', samples)
  })
  after(() => project?.remove())

  test('every sample of the documentation compiles, those that declare data of their own each alone', () => {
    const declaring = samples.filter(({ code }) => code.includes('declare module'))
    const plain = samples.filter((sample) => !declaring.includes(sample))
    for (const group of [plain, ...declaring.map((sample) => [sample])]) project.compile(group)
  })

  // The others run in test/servers/samples.server.ts.
  for (const sample of samples.filter((each) => !needsServer(each)))
    test(`every sample of the documentation runs: ${sample.name}`, () => project.run(sample))
})
