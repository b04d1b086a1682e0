"""What the libraries say in English, marked for translation: settings, adapters, backends, formats.

They know nothing of Django, so their words stand here once more; a test compares them. Pages put
them into their language where they show them (`in_words`).
"""

from django.utils.translation import gettext_noop as _

from wukongsite.preference_words import PREFERENCE_WORDS

WORDS = (
    _("A quantum circuit between two thin tensor networks, after arXiv 2503.12790."),
    _("Qubits"),
    _("Rank of the update, which is also the number of qubits."),
    _("Circuit layers"),
    _("How often the data enters the circuit; one layer is by far the fastest."),
    _("Variant"),
    _("ABC is QTHA; the others leave parts out, to see what each contributes."),
    _("tensor network, MLP and circuit: QTHA"),
    _("MLP and circuit: simple quantum LoRA"),
    _("tensor network and MLP, no circuit (control; merges)"),
    _("MLP with a SiLU network of 1 hidden layer instead of the circuit (control)"),
    _("MLP with a SiLU network of 2 hidden layers instead of the circuit (control)"),
    _("MLP with a SiLU network of 3 hidden layers instead of the circuit (control)"),
    _("Start values"),
    _("How the matrices start; the change itself always starts at zero."),
    _("A like LoRA's, classical path open (identity), circuit's output weights zero"),
    _("the authors': Kaiming with a = 0 everywhere, A is √6 times LoRA's"),
    _("Alpha"),
    _("Scale of the update: it counts alpha / qubits times."),
    _("Dropout"),
    _("Share of inputs dropped while training."),
    _("Tensor network width"),
    _("Width M between tensor network and MLP (variants with A)."),
    _("Bond dimension"),
    _("How much neighbouring parts of the tensor network share (variants with A)."),
    _("Backend"),
    _("Where the circuit runs."),
    _("Exact simulator"),
    _("What stands in the circuit's place, to see what it contributes (variants with C)."),
    _("the circuit, with trained angles"),
    _("the circuit without entanglers: every CRZ left out, a product state"),
    _("a classical bottleneck of as many trained numbers: V tanh(U h)"),
    _(
        "a trigonometric polynomial with the circuit's frequencies and as many trained numbers "
        "as it has angles"
    ),
    _("every trigonometric polynomial that a circuit of one layer could give: many numbers"),
    _("the circuit with its angles as they start, not trained"),
    _("the circuit with other random angles, drawn once, not trained"),
    _(
        "the same settings without the circuit (variant AB), with a small classical network in "
        "its place (variants BD, BE, BF), or with one of the controls (option control)"
    ),
    _(
        "A classical bottleneck of as many trained numbers stands where the circuit stands. It is "
        "the control to compare a run with a trained circuit against."
    ),
    _(
        "A trigonometric polynomial with the circuit's frequencies and as many trained numbers "
        "stands where the circuit stands. It is the control that shows what gates add."
    ),
    _(
        "Every polynomial that a circuit of one layer could give stands where the circuit "
        "stands, with many trained numbers: an upper bound for a run with a trained circuit."
    ),
    _(
        "Its circuit's angles stay at their start and only the rest is trained. It is the "
        "control that shows what training the circuit adds."
    ),
    _(
        "Its circuit's angles are random and stay so, and only the rest is trained. It is the "
        "control that shows what training the circuit adds."
    ),
    _("This variant has no circuit. It is the control to compare a run with variant ABC against."),
    _("One circuit without data per block scales its layers; trains on real machines too."),
    _("Form"),
    _("What the circuit scales: the inputs of the layers, or their outputs."),
    _("as designed: the circuit scales the inputs, a trained vector scales the outputs"),
    # xgettext:no-python-format
    _("the circuit scales the outputs and little else is trained: about 1 % of LoRA"),
    _(
        "Qubits of each block's circuit; each brings one trained angle a row. On a chip's own"
        " couplers, as many as it has available at most."
    ),
    _("Rows of entangling gates; one layer needs by far the fewest circuits."),
    _("Couplers"),
    _(
        "Which qubits are entangled. A chip's live couplers come from its newest figures, on "
        "a simulator else from the published layout, and stay with the run."
    ),
    _("each qubit with the next one"),
    _("a square lattice, 72 qubits as 12 × 6"),
    _("the live couplers of a machine, from its calibration"),
    _("Control"),
    _("What stands in the circuit's place, to see what it contributes."),
    _("the circuit's angles are trained: QGS"),
    _("the same circuit without entangling gates; its angles are trained (control)"),
    _(
        "as many free numbers as angles stand where the circuit stands: a classical bottleneck "
        "of equal size (control)"
    ),
    _("a free number for each of the circuit's values: an upper bound (control)"),
    _("a trigonometric polynomial of as many trained angles, without gates (control)"),
    _("the angles stay at their start, only the scalings are trained (control)"),
    _("the angles are random and stay so, only the scalings are trained (control)"),
    _("Gradient"),
    _("How the angles' gradient is found."),
    _("backpropagation where values are exact, else parameter shift"),
    _("through the exact simulator"),
    _("exact on any machine: 13 circuits a block on a chain with one layer"),
    _("noisy and cheap: two circuits a sample and one more a block"),
    _("SPSA directions"),
    _("Random directions a step, two circuits each (gradient spsa)."),
    _("Shots"),
    _("Runs of each circuit where values are sampled."),
    _("Correct readout"),
    _("Measures readout errors with two more circuits a batch and takes them out."),
    _("Extrapolate noise"),
    _("Runs each circuit a second time with more noise and extrapolates to none."),
    _("Where the circuits run."),
    _("Aer, simulated shots"),
    _("Origin's CPU simulator"),
    _("Origin Wukong"),
    _(
        "the same settings without the circuit's entangling gates, with free numbers or a "
        "polynomial in its place, or with its angles frozen or random (option control)"
    ),
    _(
        "Its circuit has no entangling gates, so its qubits are independent of each other. It "
        "is the control that shows what entanglement adds to a run with the whole circuit."
    ),
    _(
        "Free numbers stand where the circuit stands, as many as it has angles: a classical "
        "bottleneck of equal size. It is the control to compare a run with a trained circuit "
        "against."
    ),
    _(
        "A free number stands for each of the circuit's values. These can be whatever a circuit "
        "with these observables gives, and more, from more trained numbers: an upper bound for "
        "a run with a trained circuit."
    ),
    _(
        "A trigonometric polynomial with frozen coefficients stands where the circuit stands, "
        "of as many trained angles. It is the control that shows what gates add to angles."
    ),
    _("Small gates on pairs of axes multiply the weights, after QuanTA; no circuit is run."),
    _("Axes"),
    _("Into how many axes an input is split; fewer axes make larger gates."),
    _("Orthogonal gates"),
    _("Gates that only rotate, as a real circuit's would; half the numbers, slower."),
    _("Output scaling"),
    _("Also train one factor for each output; off shows what the gates do alone."),
    _("Adds a trained low-rank matrix to each layer; the usual yardstick."),
    _("Rank"),
    _("Width of the low-rank update: more can learn more and costs more."),
    _("Scale of the update: it counts alpha / rank times."),
    _("LoRA that learns each weight's length and direction separately."),
    _("LoRA scaled by the root of the rank, steadier at high ranks."),
    _("Trains two small vectors around frozen random matrices."),
    _("Trains one scale per channel and nothing else."),
    _("Product, number by number, of two low-rank matrices."),
    _("Kronecker product of two small matrices."),
    _("Rotates blocks of each layer's input and keeps all lengths."),
    _("Block size"),
    _("Inputs per rotation; must divide the layer's input width."),
    _("Learns a few frequencies of the weights' Fourier transform."),
    _("Frequencies"),
    _("Trained frequencies per layer."),
    _("Scaling"),
    _("Factor on the change."),
    _("Learns circular convolutions, block by block."),
    _("Must divide the input and output widths of all targeted layers."),
    _("Exact values and gradients; what adapters usually train on."),
    _("Counts from shots on this machine, ideal or with a chip's modelled noise; repeatable."),
    _("Method"),
    _("How Aer computes; all methods sample the same circuit."),
    _("Whole state up to 26 qubits, product states above; noise: densities."),
    _("The whole state, up to 26 qubits; with noise one run a shot, to 20."),
    _("Noise without extra spread, up to 12 qubits."),
    _("Many qubits with little entanglement; slow with noise."),
    _("Noise"),
    _("Whose errors to imitate; circuits are then placed on that chip's couplers."),
    _("An ideal machine: only shot noise."),
    _("A model, not hardware: the 72-qubit chip's published typical figures."),
    _("Seed"),
    _("Equal seeds give equal counts; a run's own seed goes first."),
    _("Counts from the simulator in Origin's own SDK, on this machine; not repeatable."),
    _("Origin's superconducting chips through its cloud; needs a key and may cost money."),
    _("Chip"),
    _("The provider's name of the chip. Which chips are online is read when a job is sent."),
    _("Wukong, 72 qubits"),
    _("Wukong 180, 180 qubits"),
    _("Address"),
    _(
        "Address of the cloud. Left empty, the SDK takes the one in the key, or for older "
        "keys http://pyqanda-admin.qpanda.cn: plain http, so that anybody on the way can read"
        " the key and the circuits."
    ),
    _("The one that belongs to the key"),
    _("Most shots"),
    _(
        "Your own limit of shots for each circuit; neither the SDK nor the cloud's documents "
        "name one."
    ),
    _("Readout correction by the cloud"),
    _("Let the cloud correct readout errors. Leave it off where we correct them: never twice."),
    _("Quick"),
    _("About five minutes on two CPU cores with short dialogues: the whole way to an assistant."),
    _("Balanced"),
    _("Longer dialogues and more steps: an hour or so on two CPU cores."),
    _("Paper's setting"),
    _("The authors' settings (arXiv 2503.12790): small steps, three passes. Slow on a CPU."),
    _("Which adapter is trained: a name from the adapter registry."),
    _("Options of the adapter, such as its rank."),
    _("On these layers"),
    _("Names of the linear layers that get an adapter."),
    _("System prompt"),
    _("Instruction put before every dialogue that has none. Empty: the base model's own."),
    _("Circuit runs on"),
    _("What runs the circuit."),
    _("Options of the backend, such as its noise model or its chip."),
    _("A chip's figures as JSON, where the circuit is built on the live couplers of a chip."),
    _("Learning rate"),
    _("Step size of the optimizer (AdamW) after warm-up."),
    _("Steps"),
    _("Optimizer steps. Each sees batch size x accumulation dialogues."),
    _("Batch size"),
    _("Dialogues in one forward and backward pass."),
    _("Gradient accumulation"),
    _("Passes added up before one optimizer step."),
    _("Sequence length"),
    _("Longest dialogue in tokens; the last turns of longer ones are left out."),
    _("Fixes initial weights, data order and dropout."),
    _("Warm-up"),
    _("Share of the steps in which the learning rate rises; one step at least has the full rate."),
    _("Weight decay"),
    _("Pull of the adapter's weights toward zero."),
    _("Longest gradient; longer ones are scaled down. 0: no limit."),
    _("Schedule"),
    _("How the learning rate falls after warm-up; constant has neither."),
    _("Evaluate every"),
    _("Steps between evaluations. 0: only before the first and after the last step."),
    _("Held-out dialogues"),
    _("Most held-out dialogues in an evaluation."),
    _("Checkpoint every"),
    _("Steps between checkpoints."),
    _("Checkpoints to keep"),
    _("Newest checkpoints that are kept. The one with the lowest held-out loss is kept besides."),
    _("End early after"),
    _(
        "Evaluations in a row without a lower held-out loss after which the run ends, with its "
        "best checkpoint as the result. 0: never."
    ),
    _("Messages answered at each evaluation, to read along (at most 8)."),
    _("Longest sample reply in tokens. 0: no samples."),
    _(
        "Number format of large products. auto: bfloat16 where processor or GPU has units for it, "
        "else float32. Circuits keep float32."
    ),
    _("Precision"),
    _("auto"),
    _("as asked"),
    _("an earlier version began it so"),
    _("the processor has AMX"),
    _("the processor has no AMX"),
    _("the GPU has units for it"),
    _("the GPU has no units for bfloat16"),
    _("Devices"),
    _("GPUs that learn together, each from its share of every batch."),
    _("Sharding"),
    _(
        "What several devices split among themselves. none: each holds the whole base. base: each "
        "holds a part of it and gets the rest layer by layer, which is slower and takes less "
        "memory."
    ),
    _("none"),
    _("base"),
    _("CPU threads of the trainer. 0: the cores that are free as it starts."),
    _("Table with columns"),
    _('CSV or JSON with a mapping {"user": "question", "assistant": "answer"}'),
    _("Data re-uploading with two rings of controlled rotations a layer."),
    _("Rotations and one entangling pattern a layer, for wide shallow circuits."),
    _("Paste a circuit, for example from Qiskit."),
    _("Paste a circuit in Origin's own language."),
    _("Aer, simulated shots, ideal"),
    _("Aer, simulated shots, noisy"),
    _("The same simulator with a noise model made from a chip's figures."),
    _("refused by the chat template"),
    _("with a reply that the chat template changes"),
    _("cosine"),
    _("linear"),
    _("constant"),
    _("constant with warmup"),
    _("published typical figures, not a fetched calibration"),
    _("too long"),
    _("without a reply to learn"),
    _("not readable"),
    *PREFERENCE_WORDS,
)
