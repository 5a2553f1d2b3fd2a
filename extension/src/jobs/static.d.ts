/** The view of a run of civis_nb/widgets/static, which is a plain ES module. */
declare module '*/widgets/static/run.js' {
  interface IRunView {
    /** Keep the newest lines of a model's log, as anywidget calls it; what is returned ends it. */
    initialize(context: { model: unknown }): () => void;
    /** Show a view of a model, as anywidget calls it; what is returned ends it. */
    render(context: { model: unknown; el: HTMLElement }): () => void;
  }
  const view: IRunView;
  export default view;
}
