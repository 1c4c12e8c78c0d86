r"""Teacher and student of a distilled flow, side by side.

.. math:: KL(q_S \| p_T) = E_{x \sim q_S} \left[\ln q_S(x) - \ln p_T(x)\right]

Both are asked for their densities on the same cells, and for samples of the same noise.
The divergence is the mean over the student's own samples, as in training: a mode that
the student leaves out costs it little (van den Oord et al. 2017, 1711.10433).
"""

import math
from typing import Any, ClassVar

import torch
from torch import Tensor

from engine.models.fitted import Fitted
from engine.models.inside import Taught
from engine.settings import knob
from engine.views.base import (
    Moment,
    Picture,
    View,
    ViewConfig,
    f32,
    number,
    paper,
    seed_knob,
)
from engine.views.density import FLOOR, SPAN
from engine.views.grid import cell_centres, coarser, fewer

#: Samples drawn over the maps, and samples behind the divergence.
DRAWN, JUDGED = 200, 4000


class TeacherConfig(ViewConfig):
    """Settings of :class:`TeacherView`."""

    resolution: int = knob(
        96,
        "Resolution",
        "Cells along each axis of both maps.",
        ge=32,
        le=256,
        unit="cells",
        apply="live",
        scale="log",
        group="Teacher and student",
    )
    seed: int = seed_knob("Teacher and student")


class TeacherView(View):
    """Log-densities and samples of both flows, and the divergence between them."""

    name = "teacher"
    title = "Teacher and student"
    description = "What the teacher has learned, and what the student makes of it."
    Config: ClassVar[type[ViewConfig]] = TeacherConfig
    needs = (("taught",),)
    empty = "This model learns from the data; only a distilled flow has a teacher."

    def compute(self, moment: Moment) -> Picture:
        """Arrays teacher, student (G, G) in nats, and samples of each (n, 2)."""
        model = moment.fitted.model
        assert isinstance(model, Taught)
        cells = coarser(int(self.config.resolution), moment.quality, 32)
        grid = cell_centres(moment.data.limits, cells)
        scaling, seed = moment.data.scaling, moment.seed + int(self.config.seed)
        teacher, student = (
            Fitted(flow, scaling, None, moment.tick) for flow in _flows(model)
        )
        arrays = {}
        for name, flow in (("teacher", teacher), ("student", student)):
            log_p = flow.log_prob(grid, seed).double()
            plain = log_p.nan_to_num(FLOOR, -FLOOR, FLOOR).clamp(FLOOR, -FLOOR)
            arrays[name] = f32(plain.reshape(cells, cells))
            arrays[f"{name}_samples"] = f32(flow.sample(DRAWN, seed).nan_to_num())
        count = fewer(JUDGED, moment.quality, 1000)
        log_q, log_p = _judged(teacher, student, count, seed)
        gap = log_q - log_p
        top = max(float(arrays["teacher"].max()), float(arrays["student"].max()))
        meta = paper(moment) | {
            "kl": number(gap.mean()),
            "kl_error": number(gap.std() / math.sqrt(count)),
            "judged": number(log_p.mean()),
            "samples": count,
            "begun": bool(model.distilling),
            "log_max": top,
            "log_min": top - SPAN,
        }
        return Picture(arrays, meta)


def _flows(model: Taught) -> tuple[Any, Any]:
    return model.teacher_and_student()


def _judged(
    teacher: Fitted, student: Fitted, count: int, seed: int
) -> tuple[Tensor, Tensor]:
    """Log-densities (n,) of the student's samples, its own and the teacher's."""
    x = student.sample(count, seed + 1)
    x = x[torch.isfinite(x).all(1)]
    return student.log_prob(x, seed).double(), teacher.log_prob(x, seed).double()
