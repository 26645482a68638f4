package portal

import (
	"context"
	"time"

	"turnkey-gateway/registry"
)

// A Registry is what the portal keeps its state in, and asks. An error that isn't one
// of those named means that nobody knows: the visitor is told to try again.
type Registry interface {
	sessions
	drafts
	challenges
	throttles
}

type sessions interface {
	// BeginSession opens an anonymous session and returns the token of its cookie.
	BeginSession(ctx context.Context, lifetime time.Duration) (token string, _ registry.Session, err error)

	// Session returns [registry.ErrNoSession] for a token that opens none.
	Session(ctx context.Context, token string) (registry.Session, error)

	// LogIn ends the session of oldToken and opens one of who's. An empty oldToken is
	// fine.
	LogIn(ctx context.Context, oldToken string, who registry.Opening, lifetime time.Duration) (token string, _ registry.Session, err error)

	// EndSession ends a session with its drafts and challenges. One that has ended is fine.
	EndSession(ctx context.Context, token string) error
}

// A draft is what a wizard holds so far: one per session and flow.
type drafts interface {
	SaveDraft(ctx context.Context, id registry.SessionID, flow string, value any) error

	// Draft returns [registry.ErrNoDraft] where nothing was saved.
	Draft(ctx context.Context, id registry.SessionID, flow string, into any) error

	DropDraft(ctx context.Context, id registry.SessionID, flow string) error
}

type challenges interface {
	NewChallenge(ctx context.Context, id registry.SessionID, purpose string) (nonce string, err error)

	// TakeChallenge consumes the nonce whatever it returns; [registry.ErrNoChallenge]
	// unless it was made for this session and purpose not long ago.
	TakeChallenge(ctx context.Context, id registry.SessionID, purpose, nonce string) error
}

type throttles interface {
	// Take takes a token from who's bucket. A wait above zero means that there is none
	// until then.
	Take(ctx context.Context, bucket registry.Bucket, who string) (wait time.Duration, err error)
}
