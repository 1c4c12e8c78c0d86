"""The latent space, and what the model makes of it."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView
from app.plots.classes import class_legend, class_name
from app.plots.inset import InsetSquare
from app.plots.latent_layers import DataLayer, LatentLayer
from app.plots.numbers import Points
from app.plots.pane import Drag, Pane
from app.plots.rail import Bars, Block, Figure, Key, Legend, Room
from app.plots.rail_places import room_beside
from app.plots.read_out import Parts
from app.plots.ticks import fixed, significant
from app.theme import theme
from app.widgets.switch import Switch

_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_INSET, _LEAST_INSET = 96, 48  # px
_GRIP = 12  # px
_NO_HANDLE = "Point at the plot to read a place; click to ask about it."
_UNUSED = 0.01  # nats of KL below which an axis carries nothing
_MOST_BARS = 6


def axis_name(index: int) -> str:
    """``z₁`` for axis 1."""
    return "z" + str(index).translate(_SUBSCRIPT)


class LatentPlot(PlotView):
    """Codes of the data, or the prior pushed through the model; the other one small.

    Dragging the point in the latent space asks what it decodes to.
    """

    view = "latent"
    drag_asks = "decode"
    title = "Latent space"
    own_settings = frozenset({"mode"})
    hint = "Drag the point in the latent space; it shows what that decodes to."
    shapes: ClassVar = {
        "codes": Points(plane="z"),
        "code_std": Points(plane="z"),
        "grid_z": Points(("line", "point"), plane="z"),
    }

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = InsetSquare()
        super().__init__(self.square, parent)
        self._mode = "auto"
        self._z = (0.9, 0.6)
        self._decoded: NDArray[Any] = np.empty((0, 2))
        panes = (self.square.pane, self.square.inset)
        self.latent = [
            LatentLayer(pane, size) for pane, size in zip(panes, (5, 3), strict=True)
        ]
        self.data = [DataLayer(pane) for pane in panes]
        self.switch = Switch({"codes": "Codes", "prior_grid": "Prior grid"}, "Shows")
        self.switch.chosen.connect(self._on_chosen)
        for pane in panes:
            pane.clicked.connect(self._on_clicked)
        self.square.pane.grab_at = self._grab_main
        self.square.inset.grab_at = self._grab_inset
        self.square.moved.connect(self._on_moved)
        self.square.laid_out.connect(self._on_laid_out)

    def header_widgets(self) -> list[QWidget]:
        """Codes or prior grid."""
        return [self.switch]

    def view_state(self) -> dict[str, Any]:
        """What is shown."""
        return {"mode": self._mode}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take a kept choice back."""
        if state.get("mode") in ("auto", "codes", "prior_grid"):
            self._mode = state["mode"]
            if self.meta:
                self.draw()

    @property
    def shows_codes(self) -> bool:
        """Whether the large pane shows the latent space."""
        has_codes = bool(self.meta.get("has_codes"))
        has_grid = bool(self.meta.get("has_grid"))
        if self._mode == "auto":  # an encoder with a posterior has most to show
            return has_codes and ("code_std" in self.arrays or not has_grid)
        return has_codes and (self._mode == "codes" or not has_grid)

    def show_probe(self, what: str, arrays: dict[str, NDArray[Any]]) -> None:
        """Mark where the dragged point is decoded to."""
        if what == self.drag_asks and "x" in arrays:
            self._decoded = arrays["x"].reshape(-1, arrays["x"].shape[-1])[:, :2]
            self._draw_handle()
            self.read_out.set_parts(self._handle_parts())

    def take_probe(self, what: str, points: list[list[float]]) -> None:
        """Take the code that was dragged in another run, where it has such axes."""
        axes = [int(axis) - 1 for axis in self.meta.get("axes", [1, 2])]
        if what == self.drag_asks and max(axes) < len(points[-1]):
            self._z = (points[-1][axes[0]], points[-1][axes[1]])
            self._draw_handle()

    def data_pane(self) -> Pane | None:
        """The large pane, or the small one while the large one shows codes."""
        return self.square.inset if self.shows_codes else self.square.pane

    def prepare_figure(self, source: PlotView) -> None:
        """Take over the dragged point and where it is decoded to."""
        if isinstance(source, LatentPlot):
            self._z, self._decoded = source._z, source._decoded
            self._draw_handle()

    def describe(self) -> str:
        """What is shown, of how many axes."""
        what = "Codes of the data" if self.shows_codes else "Prior lattice, decoded"
        return f"{what}; {int(self.meta.get('latent_dim', 2))} latent axes."

    def draw(self) -> None:
        """Both panes, rail, tags."""
        codes = self.shows_codes
        self._offer(codes)
        latent, other = (0, 1) if codes else (1, 0)
        z_0, z_1, w_0, w_1 = (float(v) for v in self._limits_z())
        panes = (self.square.pane, self.square.inset)
        panes[latent].set_home(z_0, z_1, w_0, w_1)
        panes[other].set_home(*self.limits)
        for index in (0, 1):
            for item in self.latent[index].items():
                item.setVisible(index == latent)
            for item in self.data[index].items():
                item.setVisible(index == other)
        self.latent[latent].set_frame(self.arrays, codes)
        self.data[other].set_frame(self.arrays)
        self._draw_handle()
        self.square.set_rail(*self._rail(codes))
        axes = self.meta.get("axes", [1, 2])
        names = [axis_name(int(index)) for index in axes] if codes else ["", ""]
        self.square.set_axis_names(names[0], names[1])
        self.square.set_tags("" if codes else self._pushed())
        self._hint_at_handle()

    def recolour(self) -> None:
        """New colours of all layers."""
        layers: list[LatentLayer | DataLayer] = [*self.latent, *self.data]
        for layer in layers:
            for item in layer.items():
                item.recolour()

    def _limits_z(self) -> list[float]:
        """Of the pane of codes; a lattice beside them is not shrunk by far codes."""
        name = "limits_z" if self.shows_codes else "limits_prior"
        return list(self.meta.get(name, [-3.2, 3.2, -3.2, 3.2]))

    @property
    def _has_time(self) -> bool:
        return bool(self.meta.get("has_time", True))

    def _pushed(self) -> str:
        if not self._has_time:
            return "pushed through"
        return f"pushed to t = {fixed(float(self.meta.get('t', 1.0)))}"

    def _offer(self, codes: bool) -> None:
        reason = str(self.meta.get("empty_codes") or "This model has no encoder.")
        self.switch.set_option_enabled(
            "codes", bool(self.meta.get("has_codes")), reason
        )
        self.switch.set_option_enabled(
            "prior_grid", bool(self.meta.get("has_grid")), "There is no prior to push."
        )
        self.switch.set_value("codes" if codes else "prior_grid")

    def _rail(self, codes: bool) -> tuple[list[Block], list[Figure]]:
        figures: list[Figure] = []
        rms = self.meta.get("reconstruction_rms")
        if codes:
            return self._codes_blocks(), figures
        single = "marks_x" in self.arrays
        keys = [
            Key("decoded axis", "line", "latent")
            if single
            else Key("prior lattice", "lattice", "latent"),
            Key("1σ and 2σ", "o" if single else "line", "text1"),
            Key("data", "s", "data"),
        ]
        if self.arrays.get("residuals", np.empty(0)).size:
            keys.append(Key("its error", "line", "data"))
        if rms is not None:
            name = "Round trip" if self._has_time else "Reconstruction"
            figures.append(Figure(name, significant(float(rms), 2), "RMS"))
        if self.meta.get("folded") is not None:
            figures.append(Figure("Folded cells", f"{int(self.meta['folded']):,}"))
        title = "Prior grid, t = 0" if self._has_time else "Prior grid, z"
        blocks: list[Block] = [Legend(tuple(keys))]
        if "class_of" in self.arrays:
            count = int(self.arrays["class_of"].max(initial=0)) + 1
            keys[:2] = [Key("lattices", "lattice", "latent")]
            blocks = [class_legend(self.meta, count), Legend(tuple(keys))]
        return [self._room(title, blocks, figures), *blocks], figures

    def _room(self, title: str, others: list[Block], figures: list[Figure]) -> Room:
        """For the small pane: rather little than marks without their names."""
        rail = self.square.rail
        spare = room_beside(others, figures, rail)
        most = min(theme.px(_INSET), int(rail.width()))
        return Room(title, max(min(most, spare), theme.px(_LEAST_INSET)))

    def _codes_blocks(self) -> list[Block]:
        """Classes, KL bars, the decoded space, the legend."""
        blocks: list[Block] = []
        labels = self.arrays.get("labels", np.zeros(1, "i4"))
        count = int(labels.max(initial=0)) + 1
        if count > 1:
            blocks.append(class_legend(self.meta, count))
        kl = self.arrays.get("kl_per_axis")
        if kl is not None and kl.size:
            blocks.append(self._bars(kl))
        keys = [Key("prior 1σ, 2σ", "line", "text1")]
        if "code_std" in self.arrays:
            keys.insert(0, Key("posterior 1σ", "ring", "text2"))
        legend = Legend(tuple(keys))
        return [*blocks, self._room("decoded", [*blocks, legend], []), legend]

    def _bars(self, kl: NDArray[Any]) -> Bars:
        shown = kl[:_MOST_BARS]
        unused = int((kl < _UNUSED).sum())
        note = f"{unused} of {len(kl)} axes unused" if unused else ""
        names = tuple(axis_name(index + 1) for index in range(len(shown)))
        values = tuple(float(value) for value in shown)
        return Bars("KL per axis, nats", names, values, "latent", note)

    def _draw_handle(self) -> None:
        if int(self.meta.get("latent_dim", 2)) == 1:  # there is no second axis
            self._z = (self._z[0], 0.0)
        for layer in self.latent:
            layer.set_handle(self._z)
        for data in self.data:
            data.set_decoded(self._decoded)

    def _hint_at_handle(self) -> None:
        """Without a rail there is no small pane, and no point in it to drag."""
        has_handle = self.shows_codes or self.square.inset.isVisible()
        self.read_out.set_hint(self.hint if has_handle else _NO_HANDLE)

    def _handle_parts(self) -> Parts:
        """The dragged code and what it decodes to, for where no small pane shows it."""
        parts = [("z", ", ".join(fixed(v) for v in self._z))]
        if len(self._decoded):
            words = ", ".join(fixed(float(v)) for v in self._decoded[-1])
            parts.append(("decodes to", words))
        return parts

    def _on_laid_out(self) -> None:
        if self.meta:
            self.square.set_rail(*self._rail(self.shows_codes))
            self._hint_at_handle()

    def _on_chosen(self, mode: str) -> None:
        self._mode = mode
        if self.meta:
            self.draw()
        self.settings_edited.emit({"mode": mode})

    def _grab_main(self, x: float, y: float) -> Drag | None:
        if not self.shows_codes:
            return None
        return self._drag_handle if self._is_at_handle(x, y) else None

    def _is_at_handle(self, x: float, y: float) -> bool:
        pane = self.square.pane
        away = pane.pixel(x, y) - pane.pixel(*self._z)
        return bool(away.manhattanLength() <= theme.px(_GRIP))

    def _grab_inset(self, x: float, y: float) -> Drag | None:
        return None if self.shows_codes else self._drag_handle

    def _drag_handle(self, x: float, y: float, done: bool) -> None:
        z_0, z_1, w_0, w_1 = (float(v) for v in self._limits_z())
        self._z = (min(max(x, z_0), z_1), min(max(y, w_0), w_1))
        self._draw_handle()
        code = [0.0] * int(self.meta.get("latent_dim", 2))
        for axis, value in zip(self.meta.get("axes", [1, 2]), self._z, strict=True):
            if int(axis) <= len(code):
                code[int(axis) - 1] = value
        self.probed.emit(self.drag_asks, [code])

    def _on_clicked(self, x: float, y: float) -> None:
        pane = self.sender()
        latent = self.square.pane if self.shows_codes else self.square.inset
        if not self.meta:
            return
        if pane is latent:
            self._drag_handle(x, y, True)
        else:
            self.asked.emit(x, y)

    def _on_moved(self, place: tuple[float, float] | None) -> None:
        if place is None or not self.meta:
            self.tell([])
            return
        where = ", ".join(fixed(v) for v in place)
        if not self.shows_codes:
            self.tell([("x", where)])
            return
        if self._is_at_handle(*place):
            self.tell(self._handle_parts())
            return
        parts = [("z", where)]
        codes = self.points("codes")
        if len(codes):
            index = int(np.argmin(((codes[:, :2] - np.array(place)) ** 2).sum(axis=1)))
            parts.append(("nearest code", str(index + 1)))
            if "labels" in self.arrays:
                label = int(self.arrays["labels"][index])
                parts.append(("class", class_name(self.meta, label)))
            if "code_std" in self.arrays and index < len(self.arrays["code_std"]):
                std = self.arrays["code_std"][index]
                parts.append(("σ", ", ".join(fixed(float(v)) for v in std)))
        self.tell(parts)


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("latent")
