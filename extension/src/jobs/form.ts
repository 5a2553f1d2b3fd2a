import { Dialog } from '@jupyterlab/apputils';
import { Widget } from '@lumino/widgets';
import { FormDialog } from '../common/dialog';
import type { IJobDetails, IParam } from './api';
import { faultOf, textOf } from './faults';

const SECRET = /password|passwd|secret|token|api_?key/i;
let forms = 0;

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** The parameters of a job, to be filled in. */
export class ArgumentsForm extends Widget implements Dialog.IBodyWidget<Record<string, unknown>> {
  constructor(private readonly job: IJobDetails) {
    super({ node: document.createElement('form') });
    this.addClass('civis-Form');
    this.addClass('civis-ArgumentsForm');
    const id = `civis-arguments-${(forms += 1)}`;
    for (const [index, param] of job.params.entries()) {
      this._add(param, `${id}-${index}`);
    }
    const note = document.createElement('p');
    note.textContent = 'A hidden copy of the job runs with these; the job itself keeps its own.';
    this.node.append(note);
  }

  /** Return the arguments that are not those which the job has. */
  getValue(): Record<string, unknown> {
    const given: Record<string, unknown> = {};
    for (const { param, field, before } of this._fields) {
      if (field.value !== before && param.value === null) {
        given[param.name] = field.value.trim() ? field.value : null;
      }
    }
    return given;
  }

  /** Show what is wrong, and go to the first of it; return whether nothing is. */
  check(): boolean {
    let first: Field | null = null;
    for (const one of this._fields) {
      const fault = faultOf(one.param, one.field.value);
      one.fault.textContent = fault;
      one.field.setAttribute('aria-invalid', String(!!fault));
      first ??= fault ? one.field : null;
    }
    first?.focus();
    return first === null;
  }

  private _add(param: IParam, id: string): void {
    const field = this._field(param);
    field.id = id;
    field.value = textOf(param, this.job.arguments[param.name]);
    field.setAttribute('aria-describedby', `${id}-about ${id}-fault`);
    if (param.required) {
      field.setAttribute('aria-required', 'true');
    }
    if (param.value !== null) {
      field.disabled = true; // it is fixed
    }
    const label = document.createElement('label');
    label.htmlFor = id;
    label.textContent = (param.label || param.name) + (param.required ? ' *' : '');
    const about = document.createElement('div');
    about.id = `${id}-about`;
    about.className = 'civis-ArgumentsForm-about';
    const fixed = param.value === null ? '' : 'fixed';
    const kind = param.label ? `${param.name}, ${param.type}` : param.type;
    about.textContent = [param.description, [kind, fixed].filter(Boolean).join(', ')].filter(Boolean).join(' · ');
    const fault = document.createElement('div');
    fault.id = `${id}-fault`;
    fault.className = 'civis-ArgumentsForm-fault';
    fault.setAttribute('role', 'alert');
    this.node.append(label, field, about, fault);
    this._fields.push({ param, field, before: field.value, fault });
  }

  private _field(param: IParam): Field {
    const choices = this._choices(param);
    if (choices) {
      const select = document.createElement('select');
      select.className = 'jp-mod-styled';
      select.append(new Option('', ''), ...choices.map(([value, text]) => new Option(text, value)));
      return select;
    }
    if (param.type === 'multi_line_string') {
      const area = document.createElement('textarea');
      area.className = 'jp-mod-styled';
      area.rows = 4;
      return area;
    }
    const input = document.createElement('input');
    input.className = 'jp-mod-styled';
    input.type = SECRET.test(param.name) ? 'password' : 'text';
    input.autocomplete = 'off';
    if (param.type === 'integer' || param.type === 'float') {
      input.inputMode = param.type === 'integer' ? 'numeric' : 'decimal';
    }
    return input;
  }

  private _choices(param: IParam): [string, string][] | null {
    if (param.allowed_values.length) {
      return param.allowed_values.map(one => [String(one.value), one.label]);
    }
    if (param.type === 'bool') {
      return [['true', 'true'], ['false', 'false']];
    }
    if (param.type === 'database' && this.job.databases) {
      return this.job.databases.map(one => [String(one.id), one.name]);
    }
    if (param.type.startsWith('credential') && this.job.credentials) {
      return this.job.credentials.map(one => [String(one.id), `${one.name} (${one.type ?? ''})`]);
    }
    return null;
  }

  private readonly _fields: { param: IParam; field: Field; before: string; fault: HTMLElement }[] = [];
}

/** Ask for the arguments of a job; null where the user does not want to run it. */
export async function askArguments(job: IJobDetails): Promise<Record<string, unknown> | null> {
  const form = new ArgumentsForm(job);
  const dialog = new ArgumentsDialog(form, {
    title: `Run ${job.name}`,
    body: form,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: 'Run' })],
    focusNodeSelector: 'input:enabled, select:enabled, textarea:enabled'
  });
  const { button, value } = await dialog.launch();
  return button.accept ? (value ?? {}) : null;
}

/** A dialog that stays open while what is filled in is wrong. */
class ArgumentsDialog extends FormDialog<Record<string, unknown>> {
  constructor(
    private readonly form: ArgumentsForm,
    options: Partial<Dialog.IOptions<Record<string, unknown>>>
  ) {
    super(options);
    this.addClass('civis-ArgumentsDialog');
    form.node.addEventListener('submit', event => {
      event.preventDefault();
      this.resolve();
    });
  }

  resolve(index?: number): void {
    const isCancelled = index === 0;
    if (isCancelled || this.form.check()) {
      super.resolve(index);
    }
  }
}
