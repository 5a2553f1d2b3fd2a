import { StateEffect } from '@codemirror/state';
import { ISignal, Signal } from '@lumino/signaling';
import { getDatabases, IDatabases, problemOf } from '../common/server';

/** That the dialects or the language of a notebook have changed. */
export const reconsider = StateEffect.define<null>();

/** How long a failed question is not asked again. */
const PAUSE_MS = 30_000;

/** The dialects of the databases, asked for once a SQL cell is there. */
export class Dialects {
  /** Emitted when the databases are known. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Return the dialect of a database; of the default one without a name. */
  of(database: string | null): string {
    const found = this._known?.databases.find(one =>
      database === null ? one.id === this._known?.default : one.name === database
    );
    return found?.dialect ?? 'redshift';
  }

  /** Ask the server, unless it has answered or has just failed. */
  async load(): Promise<void> {
    if (this._known !== null || Date.now() < this._notBefore) {
      return;
    }
    this._notBefore = Date.now() + PAUSE_MS;
    const asked = this._asked;
    try {
      const found = await getDatabases();
      if (asked !== this._asked) {
        return; // of the platform before
      }
      this._known = found;
      this._changed.emit();
    } catch (error) {
      console.warn(`civis-nb: the databases are not known. ${problemOf(error)}`);
    }
  }

  /** Ask again: the server uses another platform. */
  async reload(): Promise<void> {
    this._asked += 1;
    this._known = null;
    this._notBefore = 0;
    await this.load();
  }

  private _asked = 0;
  private _known: IDatabases | null = null;
  private _notBefore = 0;
  private readonly _changed = new Signal<this, void>(this);
}
