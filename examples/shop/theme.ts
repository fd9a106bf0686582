export const themes = ['light', 'dark'] as const

export type Theme = (typeof themes)[number]

/** Returns the theme of that name, or `undefined` to follow the browser's setting. */
export function readTheme(text: string): Theme | undefined {
  return themes.find((theme) => theme === text)
}
