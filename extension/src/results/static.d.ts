/** The views of civis_nb/widgets/static, which are plain ES modules. */
declare module '*/widgets/static/table.js' {
  interface IView {
    /** Show a view of a model, as anywidget calls it; what is returned ends it. */
    render(context: { model: unknown; el: HTMLElement }): () => void;
  }
  const view: IView;
  export default view;
}
