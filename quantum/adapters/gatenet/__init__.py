"""GateNet: products of small gates on a layer's input, as a PEFT tuner."""
