import type { IParam } from './api';

/** Return what is wrong with the text of a parameter; empty where nothing is. */
export function faultOf(param: IParam, text: string): string {
  if (!text.trim()) {
    return param.required && param.default === null ? 'A value is needed.' : '';
  }
  if (param.type === 'integer' && !/^\s*[+-]?\d+\s*$/.test(text)) {
    return 'A whole number is needed.';
  }
  if (param.type === 'float' && !Number.isFinite(Number(text))) {
    return 'A number is needed.';
  }
  return param.type === 'file' && !/^\s*\d+\s*$/.test(text) ? 'The id of a file is needed.' : '';
}

/** Return the text with which a parameter's field begins. */
export function textOf(param: IParam, given: unknown): string {
  const value = param.value ?? given ?? param.default;
  if (value === null || value === undefined) {
    return '';
  }
  if (typeof value === 'object') {
    // A database is given with its credential.
    return String((value as { database?: unknown }).database ?? '');
  }
  return String(value);
}
