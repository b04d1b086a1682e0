"""Simulators: the oracle (``reference``) and the fast exact ones (``statevector``, ``lightcone``).

They turn a circuit, inputs and angles into expectation values. They know nothing about backends,
adapters or language models.
"""
