package main

import "github.com/spf13/cobra"

func (t *tool) commands() []*cobra.Command {
	return []*cobra.Command{
		t.verifyCommand(), t.explainCommand(), t.canonicalizeCommand(), t.signCommand(), t.proveCommand(),
		t.partyCommand(), t.partiesCommand(), t.importCommand(), t.certsCommand(),
		t.confirmCommand(), t.replaceCommand(), t.withdrawCommand(), t.revokeCommand(),
		t.operatorCommand(), t.auditCommand(),
		t.doctorCommand(), t.migrateCommand(), t.keysCommand(), t.identityCommand(),
	}
}
