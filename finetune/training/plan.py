"""What a run will be and take, told before it starts: one answer for form, terms, API and trainer.

Counts are exact, from the base's real shapes. Time, memory and energy are a forecast (`forecast/`),
with a band. Knows nothing of torch, of Django or of where the numbers are kept.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from finetune.training.circuits.sampling_plan import SamplingPlan, sampling_plan
from finetune.training.conflicts import conflicts, reference_conflict
from finetune.training.forecast.lengths import NO_DATA, DataSize
from finetune.training.forecast.outlook import Forecast, Surroundings
from finetune.training.problems import Problem
from finetune.training.run_circuit import RunCircuit, circuit_for
from finetune.training.settings import RunSettings
from quantum.adapters.registry import ADAPTERS, Shapes, get_adapter, reference_count
from quantum.adapters.spec import targeted
from quantum.chips.calibration import Calibration
from quantum.exceptions import OptionError
from quantum.sampling.costs import Cost, Tariff

OF_THE_ADAPTER = {"adapter", "adapter_options", "targets"}
OF_THE_SAMPLES = {"backend", "backend_options", "calibration", "steps", "eval_every"}
OF_THE_FORECAST = {
    *("steps", "batch_size", "gradient_accumulation", "sequence_length"),
    *("eval_every", "eval_dialogues", "save_every", "system_prompt"),
}
NO_FIGURES = "nobody has fetched this chip's figures yet"


@dataclass(frozen=True)
class RunPlan:
    """Each number is None where something it needs is missing or cannot be used.

    Attributes:
        settings: what it is the plan of.
        problems: what cannot be used or does not go together, with the base too.
        unknown: settings that are not chosen yet, or cannot be used.
        modules: linear layers that get an adapter.
        parameters: trainable parameters.
        reference: parameters of LoRA r = 8 on q_proj and v_proj of this base.
        circuit: the circuit, where there is one.
        sampling: its circuits and batches, where they are sampled.
        cost: what these take on a machine that costs money.
        data: the data's size.
        forecast: what it will take; None where base or data are not known.
    """

    settings: RunSettings
    problems: tuple[Problem, ...] = ()
    unknown: frozenset[str] = frozenset()
    modules: int = 0
    parameters: int | None = None
    reference: int | None = None
    circuit: RunCircuit | None = None
    sampling: SamplingPlan | None = None
    cost: Cost | None = None
    data: DataSize = NO_DATA
    forecast: Forecast | None = None

    @classmethod
    def of(
        cls,
        settings: RunSettings,
        shapes: Shapes,
        *,
        continued: bool = False,
        tariff: Tariff | None = None,
        data: DataSize = NO_DATA,
        around: Surroundings | None = None,
        problems: Collection[Problem] = (),
        unknown: Collection[str] = (),
    ) -> RunPlan:
        """Plan a run; half a form has a plan too.

        Args:
            settings: with the calibration of the chip that the circuit is built on, if it is.
            shapes: every linear layer of the base; none while there is no base.
            continued: whether it starts from another run's adapter.
            tariff: what the machine costs, where that is known.
            data: the data's size.
            around: what a forecast needs to know besides.
            problems: what could not be parsed; `settings` has a default there.
            unknown: settings that are not chosen; `settings` has a default there.
        """
        problems = tuple(problems) or conflicts(settings)
        problems = problems or reference_conflict(settings, continued=continued)
        unknown = frozenset({*unknown, *(problem.field for problem in problems)})
        modules = {} if "targets" in unknown else targeted(shapes, settings.targets)
        parameters, circuit, sampling = None, None, None
        if shapes and not OF_THE_ADAPTER & unknown:
            circuit = circuit_for(settings, modules)
            try:
                parameters = get_adapter(settings.adapter).count(
                    shapes, settings.targets, settings.options
                )
            except OptionError as error:
                problems = (*problems, Problem.of_option("adapter_options", error))
            else:
                if not OF_THE_SAMPLES & unknown:
                    sampling = sampling_plan(settings, modules, continued=continued)
        cost = sampling.cost(tariff) if sampling and sampling.backend.billable else None
        forecast = None
        if around is not None and parameters is not None and not OF_THE_FORECAST & unknown:
            forecast = Forecast.of(
                settings,
                replace(around, data=data),
                trained=parameters,
                sampled=sampling.backend.name if sampling else "",
                cost=cost,
            )
        return cls(
            settings=settings,
            problems=problems,
            unknown=unknown,
            modules=len(modules),
            parameters=parameters,
            reference=reference_of(shapes),
            circuit=circuit,
            sampling=sampling,
            cost=cost,
            data=data,
            forecast=forecast,
        )

    @property
    def chip(self) -> Calibration | None:
        """The chip that the circuit is built on, where it is."""
        return self.settings.chip if self.circuit else None

    # -- parameters -------------------------------------------------------------------------------

    @property
    def quantum(self) -> bool:
        """Whether the adapter has a circuit in its default form."""
        spec = ADAPTERS.get(self.settings.adapter)
        return spec is not None and spec.quantum and bool(self.modules)

    @property
    def problem(self) -> str:
        """Why the parameters cannot be counted, with the option's label before it."""
        spec = ADAPTERS.get(self.settings.adapter)
        labels = {option.name: option.label for option in spec.fields} if spec else {}
        for problem in self.problems if self.modules else ():
            if problem.field in ("adapter_options", "targets"):
                named = spec.circuit_options if spec else None
                about_chip = named and named.chip and problem.option == named.chip[0]
                no_figures = self.settings.on_chip and not self.settings.calibration
                text = NO_FIGURES if about_chip and no_figures else problem.text
                name = problem.option or problem.field
                return f"{labels.get(name, name)}: {text}"
        return ""

    @property
    def ratio(self) -> float | None:
        """Parameters over those of LoRA r = 8 on q_proj and v_proj."""
        if self.parameters is None or not self.reference:
            return None
        return self.parameters / self.reference

    @property
    def ratio_words(self) -> str:
        """For example “79.8 % fewer than LoRA r = 8”."""
        ratio = self.ratio
        if ratio is None:
            return ""
        if abs(ratio - 1) < 0.0005:
            return "as many as LoRA r = 8 on q and v"
        if ratio >= 2:
            return f"{ratio:.3g} times LoRA r = 8 on q and v"
        word = "fewer" if ratio < 1 else "more"
        return f"{100 * abs(1 - ratio):.1f} % {word} than LoRA r = 8 on q and v"

    # -- data, circuits and time ------------------------------------------------------------------

    @property
    def per_step(self) -> int | None:
        """Dialogues of one optimizer step."""
        known = not {"batch_size", "gradient_accumulation"} & self.unknown
        return self.settings.dialogues_per_step if known else None

    @property
    def epochs(self) -> float | None:
        """Passes over the data."""
        if not (self.per_step and self.data.dialogues) or "steps" in self.unknown:
            return None
        return self.settings.steps * self.per_step / self.data.dialogues

    @property
    def tokens_per_step(self) -> int | None:
        """Tokens of one optimizer step, on average."""
        if not (self.per_step and self.data.mean_tokens) or "sequence_length" in self.unknown:
            return None
        return round(self.per_step * min(self.data.mean_tokens, self.settings.sequence_length))

    @property
    def circuits_per_step(self) -> int | None:
        """Circuits of one step: without data the same for any batch, else one for each token."""
        if self.circuit is None or not self.per_step:
            return None
        if self.circuit.by_block:
            return self.circuit.copies
        return self.tokens_per_step * self.circuit.copies if self.tokens_per_step else None


def reference_of(shapes: Shapes) -> int | None:
    """Parameters of LoRA r = 8 on q_proj and v_proj; None for a base without these."""
    try:
        return reference_count(shapes)
    except OptionError:
        return None
