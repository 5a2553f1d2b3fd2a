import { LabIcon } from '@jupyterlab/ui-components';

/** Return an icon of 16 by 16 in the colours of the theme. */
export function icon(name: string, shapes: string): LabIcon {
  const svgstr =
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16">' +
    `<g class="jp-icon3" fill="#616161">${shapes}</g></svg>`;
  return new LabIcon({ name: `civis-nb:${name}`, svgstr });
}

export const databaseIcon = icon(
  'database',
  '<path d="M8 1c3.3 0 6 1 6 2.3S11.3 5.6 8 5.6 2 4.6 2 3.3 4.7 1 8 1z"/>' +
    '<path d="M2 5.2c1.1 1 3.4 1.6 6 1.6s4.9-.6 6-1.6v2.9c0 1.3-2.7 2.3-6 2.3s-6-1-6-2.3z"/>' +
    '<path d="M2 10c1.1 1 3.4 1.6 6 1.6s4.9-.6 6-1.6v2.7C14 14 11.3 15 8 15s-6-1-6-2.3z"/>'
);
export const schemaIcon = icon(
  'schema',
  '<path d="M5.5 1h5v4H8.6v2H13v3h1.5v4.5h-5V10h2.4V8.1H4.1V10h2.4v4.5h-5V10H3V7h4.4V5H5.5z"/>'
);
export const tableIcon = icon(
  'table',
  '<path fill-rule="evenodd" d="M1.5 2h13v12h-13zM2.7 6v2.8h3.2V6zm4.4 0v2.8h6.2V6zM2.7 10v2.8h3.2V10zm4.4 0v2.8h6.2V10z"/>'
);
export const viewIcon = icon(
  'view',
  '<path fill-rule="evenodd" d="M8 3.2c3.2 0 5.7 2.1 7 4.8-1.3 2.7-3.8 4.8-7 4.8S2.3 10.7 1 8c1.3-2.7 3.8-4.8 7-4.8zm0 1.3c-2.4 0-4.4 1.4-5.6 3.5 1.2 2.1 3.2 3.5 5.6 3.5s4.4-1.4 5.6-3.5C12.4 5.9 10.4 4.5 8 4.5z"/>' +
    '<circle cx="8" cy="8" r="2.2"/>'
);
export const numberColumnIcon = icon(
  'number-column',
  '<path d="M5.2 2h1.3L6.1 5h3l.4-3h1.3l-.4 3H13v1.3h-2.8L9.8 9.7H13V11H9.6l-.4 3H7.9l.4-3h-3l-.4 3H3.6l.4-3H1.5V9.7h2.7l.4-3.4H1.5V5h3.3zm.7 4.3L5.5 9.7h3l.4-3.4z"/>'
);
export const textColumnIcon = icon(
  'text-column',
  '<path d="M2.5 2.5h11v3h-1.3V3.8H8.7v8.4h1.5v1.3H5.8v-1.3h1.5V3.8H3.8v1.7H2.5z"/>'
);
export const timeColumnIcon = icon(
  'time-column',
  '<path fill-rule="evenodd" d="M4 1h1.3v1.5h5.4V1H12v1.5h2.5v12h-13v-12H4zM2.8 6.5v6.7h10.4V6.5z"/><path d="M4.5 8h2v2h-2zm3.5 0h2v2H8z"/>'
);
export const truthColumnIcon = icon(
  'truth-column',
  '<path fill-rule="evenodd" d="M2 2h12v12H2zm1.3 1.3v9.4h9.4V3.3z"/><path d="M4.6 8.2l.9-.9 1.7 1.7 3.5-3.6.9.9-4.4 4.5z"/>'
);
export const columnIcon = icon(
  'column',
  '<path fill-rule="evenodd" d="M1.5 2h13v12h-13zM6.2 3.2v9.6h3.6V3.2z"/>'
);
export const uploadTableIcon = icon(
  'upload-table',
  '<path d="M8 1.5l4 4.2h-2.7v4.8H6.7V5.7H4z"/><path d="M2 9.5h1.5v3.5h9V9.5H14v5H2z"/>'
);
