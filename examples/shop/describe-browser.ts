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
  const browser = findName(browsers, userAgent) ?? 'Unknown browser'
  const system = findName(systems, userAgent)
  return system ? `${browser} on ${system}` : browser
}

function findName(names: Record<string, string>, userAgent: string): string | undefined {
  const key = Object.keys(names).find((each) => userAgent.includes(each))
  return key && names[key]
}
