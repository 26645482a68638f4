SELECT EXISTS (SELECT FROM accounts JOIN identifiers USING (party) WHERE lookup = $1);
