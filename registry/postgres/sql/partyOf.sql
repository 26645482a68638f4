SELECT party FROM identifiers WHERE lookup = $1;
