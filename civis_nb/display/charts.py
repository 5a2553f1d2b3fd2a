"""Charts: drawn by Altair where a page has Vega, else the PNG beside."""

from __future__ import annotations

import base64
import functools
import importlib.util
import sys
from collections.abc import Iterable
from typing import Any

from civis_nb import config
from civis_nb.display.live import Display
from civis_nb.display.text import counted, one_line
from civis_nb.display.tracker import Tracker
from civis_nb.errors import CivisDependencyError
from civis_nb.frames.chart_data import ChartData

__all__ = ["Plot", "load_altair", "require_altair"]

_LOADING = "Loading Altair, once in a session"
_WIDTH, _HEIGHT = 480, 280
_PNG_SCALE = 1.5
#: What JupyterLab 4 and VS Code draw. Altair 6 writes for version 6; these charts mean the same in
#: both.
_VEGA_LITE, _VEGA_LITE_MINOR = "v5", "v5.20"
#: About 4.3:1 on white and on the backgrounds of dark pages: a picture can't follow the theme.
_PICTURE_TEXT = "#7a7a7a"
_LINES, _FAINT_LINES = "#888888", "#88888840"
_SHORT_LABEL, _MANY_LABELS = 6, 20
_FIVE_DIGITS = 10_000


class Plot:
    """A chart of a result.

    Parameters
    ----------
    data
        Its points.

    Attributes
    ----------
    data : ChartData
        Its points.

    Raises
    ------
    CivisDependencyError
        When Altair is not installed.
    """

    def __init__(self, data: ChartData) -> None:
        require_altair()
        self.data = data

    @functools.cached_property
    def chart(self) -> Any:
        """The chart, to be changed as any chart of Altair's."""
        with Display(Tracker(_LOADING)):
            import altair
        drawn = _CHARTS[self.data.kind](altair, self.data)
        return drawn.properties(width=_WIDTH, height=_HEIGHT)

    def __repr__(self) -> str:
        data = self.data
        axes = " by ".join(one_line(name) for name in (data.y, data.x) if name)
        points = counted(len(data.points), "point")
        note = f"; {one_line(data.note)}" if data.note else ""
        return f"{_NAMES[data.kind]}: {axes}, {points} of {counted(data.rows, 'row')}{note}"

    def png(self) -> bytes | None:
        """Return the chart as a PNG; None when vl-convert-python is not installed.

        Its background is transparent, its text a grey that is read on white and on black.
        """
        try:
            import vl_convert
        except ImportError:
            return None
        png: bytes = vl_convert.vegalite_to_png(
            self._spec(_PICTURE_TEXT), vl_version=_VEGA_LITE_MINOR, scale=_PNG_SCALE
        )
        return png

    def _spec(self, text: str) -> dict[str, Any]:
        """Return the chart in Vega-Lite, with a colour for its text."""
        spec: dict[str, Any] = self.chart.to_dict()
        spec["$schema"] = f"https://vega.github.io/schema/vega-lite/{_VEGA_LITE_MINOR}.0.json"
        spec["background"] = "transparent"
        spec["config"] = {**spec.get("config", {}), **_style(text)}
        # SVG takes its colours from the page, also when the theme is changed.
        spec["usermeta"] = {"embedOptions": {"renderer": "svg"}}
        return spec

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": repr(self)}
        if _draws_nothing():
            return bundle
        bundle[f"application/vnd.vegalite.{_VEGA_LITE}+json"] = self._spec("currentColor")
        with Display(Tracker("Drawing the chart")):
            png = self.png()
        if png is not None:
            bundle["image/png"] = base64.b64encode(png).decode()
        return bundle


def _style(text: str) -> dict[str, Any]:
    """Return a configuration of Vega-Lite for pages of any colour."""
    return {
        "axis": {
            "labelColor": text, "titleColor": text, "titleFontWeight": "normal",
            "domainColor": _LINES, "tickColor": _LINES, "gridColor": _FAINT_LINES,
        },
        "title": {"color": text, "subtitleColor": text},
        "view": {"stroke": _FAINT_LINES},
        "rule": {"color": text},
    }  # fmt: skip


_NAMES = {"hist": "Histogram", "bar": "Bar chart", "line": "Line chart", "box": "Box plot"}


def load_altair(tracker: Tracker) -> None:
    """Import Altair, which takes seconds once in a session, as a step of work that is shown.

    Else the chart would do it when it is drawn, in a display of its own.
    """
    if not _draws_nothing():
        tracker.begin_step(_LOADING)
        importlib.import_module("altair")


def require_altair() -> None:
    """Check that charts can be drawn.

    Raises
    ------
    CivisDependencyError
        When Altair is not installed.
    """
    # Found, and not imported: that takes seconds, and the plot may be refused.
    if importlib.util.find_spec("altair") is None:
        raise CivisDependencyError(
            "A plot needs Altair: pip install 'civis_nb[plot]'. The numbers are in .sql() and "
            ".profile() without it."
        )


def _draws_nothing() -> bool:
    """Return whether displays are texts: by the setting, or as this is IPython in a terminal."""
    if config.get("display") == "text":
        return True
    module = sys.modules.get("IPython")
    shell: Any = module.get_ipython() if module is not None else None
    return shell is not None and shell.display_formatter.active_types == ["text/plain"]


def _base(altair: Any, data: ChartData) -> Any:
    title = altair.TitleParams(data.note, fontWeight="normal") if data.note else altair.Undefined
    return altair.Chart(altair.Data(values=list(data.points)), title=title)


def _x(altair: Any, data: ChartData, field: str = "x", **options: Any) -> Any:
    """Return the x axis."""
    title = data.x or None
    if data.scale == "utc":
        scale = altair.Scale(type="utc")
        return altair.X(field, type="temporal", title=title, scale=scale, **options)
    if data.scale == "nominal":
        labels = [str(point["x"]) for point in data.points]
        is_short = max(map(len, labels), default=0) <= _SHORT_LABEL and len(labels) <= _MANY_LABELS
        axis = altair.Axis(labelAngle=0 if is_short else -45)
        options |= {"sort": None, "axis": axis}  # sorted as the points are
    if data.scale == "quantitative" and _look_like_years(point[field] for point in data.points):
        options["axis"] = altair.Axis(format="~f")  # 1930, not 1,930
    return altair.X(field, type=data.scale, title=title, **options)


def _look_like_years(values: Iterable[Any]) -> bool:
    """Check whether all are whole numbers of at most four digits."""
    return all(
        value is None or (float(value).is_integer() and abs(value) < _FIVE_DIGITS)
        for value in values
    )


def _hist(altair: Any, data: ChartData) -> Any:
    """Return a histogram: bars that touch."""
    return (
        _base(altair, data)
        .mark_rect(xOffset=0.5, x2Offset=-0.5)  # a gap between bars
        .encode(
            x=_x(altair, data, "low"),
            x2="high",
            y=altair.Y("count", type="quantitative", title=data.y),
            y2=altair.datum(0),
            tooltip=_fields(altair, data),
        )
    )  # fmt: skip


def _bar(altair: Any, data: ChartData) -> Any:
    return _base(altair, data).mark_bar().encode(**_one_value_each(altair, data))


def _line(altair: Any, data: ChartData) -> Any:
    return _base(altair, data).mark_line().encode(**_one_value_each(altair, data))


def _one_value_each(altair: Any, data: ChartData) -> dict[str, Any]:
    """Return the encoding of points with one value for each x."""
    y = altair.Y("y", type="quantitative", title=data.y)
    return {"x": _x(altair, data), "y": y, "tooltip": _fields(altair, data)}


def _box(altair: Any, data: ChartData) -> Any:
    """Return box plots: whiskers, the box from the first to the third quartile, the median."""
    base = _base(altair, data).encode(x=_x(altair, data), tooltip=_fields(altair, data))
    scale = altair.Scale(zero=False)
    y = altair.Y("low", type="quantitative", title=data.y, scale=scale)
    return altair.layer(
        base.mark_rule().encode(y=y, y2="high"),
        base.mark_bar(size=18).encode(
            y=altair.Y("q1", type="quantitative", title=data.y, scale=scale), y2="q3"
        ),
        base.mark_tick(color="white", size=18, thickness=2).encode(
            y=altair.Y("median", type="quantitative", title=data.y, scale=scale)
        ),
    )


def _fields(altair: Any, data: ChartData) -> Any:
    """Return what is shown of a point under the pointer."""
    temporal = data.scale in ("temporal", "utc")
    times = ("x", "low", "high") if data.kind == "hist" else ("x",)
    names = list(data.points[0]) if data.points else []
    return [
        altair.Tooltip(name, type="temporal" if temporal and name in times else
                       "nominal" if name == "x" and data.scale == "nominal" else "quantitative")
        for name in names
    ]  # fmt: skip


_CHARTS = {"hist": _hist, "bar": _bar, "line": _line, "box": _box}
