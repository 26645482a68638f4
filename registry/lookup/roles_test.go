package lookup_test

import (
	"testing"

	"turnkey-gateway/registry/lookup"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
)

// TestUnderTheServicesRoles has the portal write and relay, and a gateway judge, each under
// a database role that has no right but those of its service.
func TestUnderTheServicesRoles(t *testing.T) {
	portal, gateway := registrytest.NewRole(t), registrytest.NewRole(t)
	w := newWorld(t)
	owner := registrytest.Pool(t, w.url)
	for service, role := range map[postgres.Service]registrytest.Role{postgres.PortalService: portal, postgres.GatewayService: gateway} {
		if err := postgres.Grant(t.Context(), owner, service, role.Name); err != nil {
			t.Fatal(err)
		}
	}
	reader := postgres.NewReader(registrytest.Pool(t, gateway.On(t, w.url)))
	w.url = portal.On(t, w.url)
	w.store = registrytest.StoreOn(t, registrytest.Pool(t, w.url))

	p := w.party(t, 2)
	judge := func(c *lookup.Config) { c.Database = reader }
	cold := w.gateway(judge)
	if s := cold.sender(t, p.account); stateOf(s, p.certs[0]) != verifier.InForce {
		t.Errorf("from Postgres: %s", describe(s))
	}
	if _, err := cold.find(t.Context(), "nobody@example.com", p.certs[0].Fingerprint()); err != nil {
		t.Error(err) // asks who else holds it
	}
	w.relay(t)
	w.believed(t, p.account)
	warm := w.gateway(judge)
	w.revoke(t, p.certs[0])
	eventually(t, "the revocation is known", func() bool {
		return stateOf(warm.sender(t, p.account), p.certs[0]) == verifier.Revoked
	})
}
