/** Checked in this order, because most browsers also name others in their User-Agent. */
const browsers = { Edg: 'Edge', OPR: 'Opera', Firefox: 'Firefox', Chrome: 'Chrome', Safari: 'Safari' }
const systems = {
  Android: 'Android',
  iPhone: 'iPhone',
  iPad: 'iPad',
  Windows: 'Windows',
  Mac: 'macOS',
  Linux: 'Linux',
}

/** Describes a User-Agent header for the list of devices, as in "Firefox on Linux". Browsers may lie. */
export function describeBrowser(userAgent: string): string {
  return `${findName(browsers, userAgent, 'Unknown browser')} on ${findName(systems, userAgent, 'unknown system')}`
}

function findName(names: Record<string, string>, userAgent: string, fallback: string): string {
  const key = Object.keys(names).find((each) => userAgent.includes(each))
  return (key && names[key]) ?? fallback
}
