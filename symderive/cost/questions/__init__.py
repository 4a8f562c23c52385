"""What is asked of the formulas of a cost: growth, budgets, crossings, elasticities, exactly."""
