import { ask } from '../common/server';

/** A column of a file, and the SQL type that it gets. */
export interface IFoundColumn {
  name: string;
  sql_type: string;
}

/** An upload, as civis_nb/lab/data/uploads.py describes it. */
export interface IUploadState {
  readonly id: string;
  readonly state:
    | 'receiving'
    | 'detecting'
    | 'detected'
    | 'importing'
    | 'done'
    | 'failed'
    | 'cancelled';
  readonly step: string;
  readonly done_bytes: number | null;
  readonly total_bytes: number | null;
  readonly problem: string;
  readonly kind: 'csv' | 'parquet' | 'excel';
  readonly table: string;
  /** The table, as SQL writes it. */
  readonly sql: string;
  readonly rows: number | null;
  readonly columns: IFoundColumn[];
  readonly has_header: boolean | null;
  readonly sample: (string | null)[][];
  readonly sheets: string[];
  readonly sheet: string;
  readonly notes: string[];
}

/** Where a file goes, and what becomes of the rows of a table that exists. */
export interface IImport {
  readonly database: number;
  readonly schema: string;
  readonly table: string;
  readonly existing: string;
  readonly columns: IFoundColumn[];
}

const PART_BYTES = 4_000_000;
/** How often the state of what is under way is asked for. */
const POLL_MS = 400;

/** A file on its way to the Jupyter server, and from there into a table. */
export class Upload {
  /** @param platform - Where to; the server imports into no other, whichever it uses meanwhile. */
  constructor(
    private readonly file: File,
    private readonly platform: string
  ) {}

  /** Send the file to the Jupyter server. */
  async send(progress: (sent: number) => void): Promise<void> {
    if (this._isEnded) {
      return;
    }
    const { name, size } = this.file;
    const begun = await ask<IUploadState>('data/uploads', post({ name, size }), this.platform);
    this._id = begun.id;
    if (this._isEnded) {
      await this.end(); // that came before the id did
      return;
    }
    for (let offset = 0; offset < size && !this._isEnded; offset += PART_BYTES) {
      progress(offset);
      const body = this.file.slice(offset, offset + PART_BYTES);
      await ask(`data/uploads/${this._id}?offset=${offset}`, { method: 'PUT', body });
    }
    progress(size);
  }

  /** Find out the columns; `changed` is called with each state until the end. */
  detect(
    hasHeader: boolean | null,
    sheet: string,
    changed: (state: IUploadState) => void
  ): Promise<IUploadState> {
    return this._begin('detect', { has_header: hasHeader, sheet }, changed);
  }

  /** Import the file; `changed` is called with each state until the end. */
  import(into: IImport, changed: (state: IUploadState) => void): Promise<IUploadState> {
    return this._begin('import', into, changed);
  }

  /** Whether it is cancelled or done. */
  get isEnded(): boolean {
    return this._isEnded;
  }

  /**
   * Cancel it, or forget it when it is done.
   *
   * @param isLeaving - Whether the page goes: the request is sent even so.
   */
  async end(isLeaving = false): Promise<void> {
    this._isEnded = true;
    if (this._id) {
      await ask(`data/uploads/${this._id}`, { method: 'DELETE', keepalive: isLeaving });
    }
  }

  private async _begin(
    what: string,
    body: object,
    changed: (state: IUploadState) => void
  ): Promise<IUploadState> {
    let state = await ask<IUploadState>(`data/uploads/${this._id}/${what}`, post(body));
    while (!this._isEnded && (state.state === 'detecting' || state.state === 'importing')) {
      changed(state);
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
      state = this._isEnded ? state : await ask<IUploadState>(`data/uploads/${this._id}`);
    }
    return state;
  }

  private _id = '';
  private _isEnded = false;
}

function post(body: object): RequestInit {
  return { method: 'POST', body: JSON.stringify(body) };
}
