package rediscache

import (
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// The library would print a line of its own for each connection refused. Its errors
// come back to us as well, and [Reader] and the relay say when they begin and end.
func init() { logging.Disable() }

// DefaultTimeout bounds one exchange with Redis where nothing else is configured.
const DefaultTimeout = 80 * time.Millisecond

// NewClient returns a client of one server, or of a cluster where there are several
// addresses. It never tries again by itself: whoever asks has somewhere else to go,
// or tries again later. It connects on first use.
func NewClient(addresses []string, timeout time.Duration) redis.UniversalClient {
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	return redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs:                    addresses,
		Protocol:                 2,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		MaxRetries:               -1,
		DialTimeout:              timeout,
		DialerRetries:            1,
		ReadTimeout:              timeout,
		WriteTimeout:             timeout,
		PoolTimeout:              timeout,
		ContextTimeoutEnabled:    true,
		PipelinePoolSize:         -1,
	})
}
