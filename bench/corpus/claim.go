package corpus

// claimsOf returns what a message of that code says of its sender, and of the company on
// whose behalf it declares, where it isn't its own.
func claimsOf(sender *party, code, onBehalf string) []claim {
	switch {
	case code == "N5101":
		return []claim{{parent: "Submitter", id: sender.sample.businessID}}
	case sender.sample.box != "":
		return []claim{{parent: "Agent", id: sender.sample.box, subBox: "1"}, trader(code, onBehalf)}
	case sender.sample.specialist != "":
		return []claim{{parent: "Agent", id: sender.sample.specialist}, trader(code, onBehalf)}
	default:
		return []claim{trader(code, sender.sample.businessID)}
	}
}

// trader is the element of the company on whose behalf a declaration is made.
func trader(code, businessID string) claim {
	if code == "N5203" {
		return claim{parent: "Exporter", id: businessID}
	}
	return claim{parent: "Importer", id: businessID}
}

func boxOr(p *party, otherwise string) string {
	if p.sample.box != "" {
		return p.sample.box
	}
	return otherwise
}
