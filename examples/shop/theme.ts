export const themes = ['light', 'dark'] as const

export type Theme = (typeof themes)[number]

/** The theme of that name, or `undefined` for the browser's own choice. */
export function readTheme(text: string): Theme | undefined {
  return themes.find((theme) => theme === text)
}
