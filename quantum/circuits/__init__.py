"""Circuits as data: gates, observables, ansatz, light cones, drawings, interchange."""
