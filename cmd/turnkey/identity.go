package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"turnkey-gateway/registry/postgres"
)

func (t *tool) identityCommand() *cobra.Command {
	identity := &cobra.Command{
		Use:     "identity",
		GroupID: groupOperations,
		Short:   "Change the key that personal data is sealed under",
		Long: `National ids, what accounts entered and mails are sealed under identity.key.
個人資料加密金鑰（identity.key）的更換。`,
		Example: `  turnkey identity rotate`,
		RunE:    onlySubcommands,
	}
	identity.AddCommand(t.identityRotateCommand())
	return identity
}

func (t *tool) identityRotateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Seal all personal data anew under the current identity.key",
		Long: `Seals anew, under the key of --identity-key-file, whatever was sealed under one of
--identity-old-key-files. Portals may go on working meanwhile. If it is cut short, run it again:
it goes on with what is left.
將所有個人資料改以目前的 identity.key 重新加密；期間服務不中斷，中斷後可再次執行。

To change the key:
  1  make a new one: turnkey keys init DIR
  2  name it to every portal as one more older key (it opens then what others seal with it)
  3  make it the current key of every portal, the key before an older one
  4  turnkey identity rotate, with the same two settings
  5  when it says that nothing is left, take the older keys away, and destroy them once no
     backup of the database that you may restore needs them

Exit codes: 0 nothing is left, 1 some values are (they can't be opened, or a portal still seals
under an older key), 2 wrong usage, file or server not readable.`,
		Example: `  turnkey identity rotate --identity-key-file new/identity.key --identity-old-key-files old/identity.key
  TURNKEY_IDENTITY_OLD_KEY_FILES=2024/identity.key,2025/identity.key turnkey identity rotate`,
		Args: wantArgs(0, 0, "no argument"),
	}
	s, by := registryFlags(cmd), actorFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if s.reader(t.getenv).String("IDENTITY_KEY_FILE", "", "") == "" {
			return advise(errors.New("there is no identity.key to seal under"), "name its file: --identity-key-file FILE, or TURNKEY_IDENTITY_KEY_FILE")
		}
		who, err := actor(*by)
		if err != nil {
			return err
		}
		r, err := t.openRegistry(cmd.Context(), s)
		if err != nil {
			return err
		}
		defer r.close()
		rotation, err := r.Rotate(cmd.Context(), who, func(done, total int64) {
			fmt.Fprintf(t.stderr, text{"%d of %d\n", "%d／%d\n"}.in(t.language), done, total)
		})
		t.sayRotated(rotation)
		switch {
		case err != nil:
			return advise(err, "run it again: it goes on with what is left")
		case rotation.Left == 0:
			return nil
		case len(rotation.Unreadable) > 0:
			return advise(refuse("no key at hand opens some values: they are left as they are"),
				"name the key that they were sealed under: --identity-old-key-files FILE,FILE")
		}
		return advise(refuse("some values still name another key: a portal sealed them meanwhile"),
			"make the new key the current one of every portal, then run it again")
	}
	return cmd
}

func (t *tool) sayRotated(rotation postgres.Rotation) {
	fmt.Fprintf(t.stdout, text{
		"sealed anew: %d; still under another key: %d\n",
		"已重新加密：%d 筆；仍使用其他金鑰：%d 筆\n"}.in(t.language), rotation.Resealed, rotation.Left)
	if len(rotation.Unreadable) > 0 {
		fmt.Fprintf(t.stdout, text{"can't be opened: %s", "無法解密：%s"}.in(t.language), strings.Join(rotation.Unreadable, "; "))
		if len(rotation.Unreadable) == postgres.MaxUnreadable {
			fmt.Fprint(t.stdout, "; ...")
		}
		fmt.Fprintln(t.stdout)
	}
}
