import { Token } from '@lumino/coreutils';
import type { PlatformModel } from './model';

/** Where the server and the notebook work; panels load anew when it emits `switched`. */
export const IPlatformModel = new Token<PlatformModel>('civis-nb:IPlatformModel');
