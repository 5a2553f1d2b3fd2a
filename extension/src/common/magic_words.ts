/** Return a word of a magic's line, in quotes where it needs them; civis_nb/magics/words.py reads it. */
export function magicWord(text: string): string {
  // Within quotes a backslash is itself, but before a quote or another backslash.
  return /^\w[\w.-]*$/.test(text) ? text : `"${text.replace(/\\(?=["\\]|$)|"/g, '\\$&')}"`;
}

/** Return the line that sets a setting in a notebook. */
export function configLine(name: 'backend' | 'database', value: string): string {
  return `%civis_config ${name} ${magicWord(value)}`;
}
