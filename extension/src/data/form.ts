import { Widget } from '@lumino/widgets';
import type { IDatabase } from '../common/server';
import type { ISchemaEntry } from './api';
import type { IFoundColumn, IImport, IUploadState } from './uploads';

const EXISTING: readonly (readonly [string, string])[] = [
  ['fail', 'Stop, and change nothing'],
  ['append', 'Add the rows to it'],
  ['truncate', 'Replace its rows, keep its columns'],
  ['drop', 'Replace the table']
];
const TYPES = [
  'BOOLEAN',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'DOUBLE PRECISION',
  'DECIMAL(18,2)',
  'VARCHAR(256)',
  'VARCHAR(65535)',
  'DATE',
  'TIMESTAMP',
  'TIMESTAMPTZ'
];
let forms = 0;

/** What is asked before a file becomes a table: where to, its columns, and how far it is. */
export class UploadForm extends Widget {
  /**
   * @param name - The file's name, from which the table's is made.
   * @param redetect - Called when the user says otherwise what the first row or the sheet is.
   */
  constructor(name: string, redetect: (hasHeader: boolean | null, sheet: string) => void) {
    super();
    this.addClass('civis-Form');
    this.addClass('civis-Upload');
    this._id = `civis-upload-${(forms += 1)}`;
    this._database = this._field('Database', document.createElement('select'));
    this._schema = this._field('Schema', this._input());
    this._table = this._field('Table', this._input());
    this._existing = this._field('If the table exists', document.createElement('select'));
    this._sheet = this._field('Sheet', document.createElement('select'));
    this._header = this._field('First row', document.createElement('select'));
    for (const [value, label] of EXISTING) {
      this._existing.append(new Option(label, value));
    }
    this._header.append(
      new Option('holds the names of the columns', 'yes'),
      new Option('is data', 'no')
    );
    this._schemas = this._list('schemas');
    this._schema.setAttribute('list', this._schemas.id);
    this._types = this._list('types');
    this._types.append(...TYPES.map(type => new Option(type, type)));
    const again = () => redetect(this._header.value === 'yes', this._sheet.value);
    this._header.addEventListener('change', again);
    this._sheet.addEventListener('change', again);
    this._table.value = tableNameOf(name);

    this._notes = this._block('civis-Upload-notes', 'status');
    this._columns = this._block('civis-Upload-columns', '');
    this._progress = document.createElement('progress');
    this._progress.setAttribute('aria-label', 'Progress');
    this._status = this._block('civis-Upload-status', 'status');
    this._problem = this._block('civis-Upload-problem', 'alert');
    this.node.append(this._progress, this._status, this._problem);
    show(this._header, false);
    show(this._sheet, false);
  }

  protected onActivateRequest(): void {
    this._table.focus();
  }

  /** Offer the databases. */
  setDatabases(databases: readonly IDatabase[], chosen: number | null): void {
    this._database.replaceChildren(
      ...databases.map(one => new Option(one.name, String(one.id), false, one.id === chosen))
    );
    this._databases = databases;
    show(this._database, databases.length > 1);
  }

  /** The database that is chosen. */
  get database(): IDatabase {
    const found = this._databases.find(one => String(one.id) === this._database.value);
    if (!found) {
      throw new Error('There is no database to import into.');
    }
    return found;
  }

  onDatabase(changed: () => void): void {
    this._database.addEventListener('change', changed);
  }

  /** Offer the schemas of the database. */
  setSchemas(schemas: readonly ISchemaEntry[], chosen: string | null): void {
    this._schemas.replaceChildren(...schemas.map(one => new Option(one.name, one.name)));
    const names = schemas.map(one => one.name);
    const known = [chosen, 'public', names[0]].find(name => name && names.includes(name));
    this._schema.value = chosen ?? known ?? '';
  }

  /** Show the columns that were found. */
  setFound(state: IUploadState): void {
    show(this._header, state.has_header !== null);
    this._header.value = state.has_header === false ? 'no' : 'yes';
    this._sheet.replaceChildren(...state.sheets.map(one => new Option(one, one)));
    this._sheet.value = state.sheet;
    show(this._sheet, state.sheets.length > 1);
    this._notes.textContent = state.notes.join('\n');
    this._columns.replaceChildren(this._columnTable(state));
  }

  /** Show how far it is; null: nothing is under way. */
  setProgress(text: string | null, share: number | null = null): void {
    this._progress.hidden = text === null;
    this._status.textContent = text ?? '';
    if (share === null) {
      this._progress.removeAttribute('value');
    } else {
      this._progress.value = share;
    }
    const isBusy = text !== null;
    this.node.setAttribute('aria-busy', String(isBusy));
    for (const field of this.node.querySelectorAll<HTMLInputElement>('input, select')) {
      field.disabled = isBusy;
    }
  }

  setProblem(text: string): void {
    this._problem.textContent = text;
    if (text) {
      this._problem.scrollIntoView({ block: 'nearest' });
    }
  }

  /** Return what is wrong with what was entered; empty for nothing. */
  check(): string {
    if (!this._schema.value.trim() || !this._table.value.trim()) {
      return 'Name the schema and the table.';
    }
    const columns = this._entered();
    if (!columns.length) {
      return 'There are no columns to import.';
    }
    return columns.every(one => one.name.trim() && one.sql_type.trim())
      ? ''
      : 'Each column has a name and a type.';
  }

  /** Return what was entered. */
  get value(): IImport {
    return {
      database: this.database.id,
      schema: this._schema.value.trim(),
      table: this._table.value.trim(),
      existing: this._existing.value,
      columns: this._entered()
    };
  }

  private _entered(): IFoundColumn[] {
    const text = (row: Element, name: string) =>
      row.querySelector<HTMLInputElement>(`.civis-Upload-${name}`)?.value ?? '';
    return [...this._columns.querySelectorAll('tbody tr')].map(row => ({
      name: text(row, 'name'),
      sql_type: text(row, 'type')
    }));
  }

  private _columnTable({ columns, sample }: IUploadState): HTMLTableElement {
    const table = document.createElement('table');
    const caption = table.createCaption();
    caption.textContent =
      columns.length === 1 ? '1 column' : `${columns.length.toLocaleString()} columns`;
    const head = table.createTHead().insertRow();
    for (const text of ['Column', 'Type', 'First rows']) {
      const cell = document.createElement('th');
      cell.scope = 'col';
      cell.textContent = text;
      head.append(cell);
    }
    const body = table.createTBody();
    for (const [place, column] of columns.entries()) {
      const row = body.insertRow();
      const name = this._input('civis-Upload-name');
      name.value = column.name;
      name.setAttribute('aria-label', `Name of column ${place + 1}`);
      const type = this._input('civis-Upload-type');
      type.value = column.sql_type;
      type.setAttribute('list', this._types.id);
      type.setAttribute('aria-label', `Type of column ${place + 1}`);
      row.insertCell().append(name);
      row.insertCell().append(type);
      const values = row.insertCell();
      values.className = 'civis-Upload-sample';
      values.textContent = sample
        .map(one => one[place] ?? 'NULL')
        .slice(0, 3)
        .join(' · ');
    }
    return table;
  }

  private _input(className = ''): HTMLInputElement {
    const input = document.createElement('input');
    input.type = 'text';
    input.spellcheck = false;
    input.autocomplete = 'off';
    input.className = `jp-mod-styled ${className}`;
    return input;
  }

  private _field<Field extends HTMLElement>(label: string, field: Field): Field {
    const line = document.createElement('label');
    line.className = 'civis-Upload-field';
    const text = document.createElement('span');
    text.textContent = label;
    field.classList.add('jp-mod-styled');
    line.append(text, field);
    this.node.append(line);
    return field;
  }

  private _list(name: string): HTMLDataListElement {
    const list = document.createElement('datalist');
    list.id = `${this._id}-${name}`;
    this.node.append(list);
    return list;
  }

  private _block(className: string, role: string): HTMLElement {
    const block = document.createElement('div');
    block.className = className;
    if (role) {
      block.setAttribute('role', role);
    }
    this.node.append(block);
    return block;
  }

  private _databases: readonly IDatabase[] = [];
  private readonly _id: string;
  private readonly _database: HTMLSelectElement;
  private readonly _schema: HTMLInputElement;
  private readonly _table: HTMLInputElement;
  private readonly _existing: HTMLSelectElement;
  private readonly _sheet: HTMLSelectElement;
  private readonly _header: HTMLSelectElement;
  private readonly _schemas: HTMLDataListElement;
  private readonly _types: HTMLDataListElement;
  private readonly _notes: HTMLElement;
  private readonly _columns: HTMLElement;
  private readonly _progress: HTMLProgressElement;
  private readonly _status: HTMLElement;
  private readonly _problem: HTMLElement;
}

/** Show or hide a field with its label; the dialog puts an element of its own around a select. */
function show(field: HTMLElement, isShown: boolean): void {
  const line = field.closest<HTMLElement>('.civis-Upload-field');
  if (line) {
    line.hidden = !isShown;
  }
}

/** Return a table's name for a file: small letters, digits and underscores. */
export function tableNameOf(file: string): string {
  const stem = file.replace(/(\.[a-z0-9]{1,7}){1,2}$/i, '').toLowerCase();
  const plain = stem.replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '');
  return /^[a-z]/.test(plain) ? plain.slice(0, 100) : `table_${plain}`.slice(0, 100);
}
