/** Return a length of time in whole units: "4 s", "12 min", "3 h". */
export function timeText(seconds: number): string {
  const s = Math.max(seconds, 0);
  if (s < 100) {
    return `${Math.round(s)} s`;
  }
  return s < 5400 ? `${Math.round(s / 60)} min` : s < 172_800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86_400)} d`;
}

/** Return a number of bytes for a person. */
export function sizeText(bytes: number): string {
  const units: readonly (readonly [number, string])[] = [[1e9, 'GB'], [1e6, 'MB'], [1e3, 'kB']];
  const [size, unit] = units.find(([one]) => bytes >= one) ?? [1, bytes === 1 ? 'byte' : 'bytes'];
  const digits = size === 1 || bytes >= 100 * size ? 0 : 1;
  return `${(bytes / size).toFixed(digits)} ${unit}`;
}
