"""QGS: circuits without data that scale layers, as a PEFT tuner."""
