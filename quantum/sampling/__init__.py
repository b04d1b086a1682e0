"""Values from shots: counts, estimation, noise models, mitigation and what sampling takes."""
