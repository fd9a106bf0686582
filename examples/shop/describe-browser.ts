/** The first that matches: most browsers name others beside themselves. */
const browsers = { Edg: 'Edge', OPR: 'Opera', Firefox: 'Firefox', Chrome: 'Chrome', Safari: 'Safari' }
const systems = {
  Android: 'Android',
  iPhone: 'iPhone',
  iPad: 'iPad',
  Windows: 'Windows',
  Mac: 'macOS',
  Linux: 'Linux',
}

/** What a User-Agent header says in three words, for the list of devices. It is a hint, no proof. */
export function describeBrowser(userAgent: string): string {
  return `${findName(browsers, userAgent, 'A browser')} on ${findName(systems, userAgent, 'something')}`
}

function findName(names: Record<string, string>, text: string, fallback: string): string {
  const mark = Object.keys(names).find((each) => text.includes(each))
  return (mark && names[mark]) ?? fallback
}
