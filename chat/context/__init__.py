"""What an assistant still reads of a long talk, what it is told of the rest, and saying so."""
