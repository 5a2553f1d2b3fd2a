/** The modules of civis_nb/widgets/static, which are plain ES modules. */

interface IStaticView {
  /** Show a view of a model, as anywidget calls it; what is returned ends it. */
  render(context: { model: unknown; el: HTMLElement }): () => void;
}

declare module '*/widgets/static/table.js' {
  const view: IStaticView;
  export default view;
}

declare module '*/widgets/static/run_group.js' {
  const view: IStaticView;
  export default view;
}

declare module '*/widgets/static/log.js' {
  type Line = [level: string, text: string | [text: string, css: string][]];

  export class LogStore {
    /** Keep lines from number `start` on. */
    put(start: number, lines: Line[], first: number, total: number): void;
  }
}

declare module '*/widgets/static/log_view.js' {
  interface ILogView {
    readonly element: HTMLElement;
    /** Show what the store holds now. */
    update(): void;
    close(): void;
  }

  /** Return the view of a log. */
  export function logView(options: {
    store: unknown;
    /** Asks for lines that the store does not have. */
    request(kind: string, fields: object): Promise<unknown>;
    /** Tells the reader what went wrong. */
    problem(text: string): void;
  }): ILogView;
}
