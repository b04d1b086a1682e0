"""Circuits as text for other tools: OriginIR (Origin's SDK and cloud) and OpenQASM 2."""
