"""Several runs beside one another: curves, results, what their settings differ in."""
