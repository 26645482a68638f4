package verifiertest

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"runtime"
	"sync"
)

// keys are this process's sample keys, by size and number. Making one of 2048 bits
// takes some 70 ms and one of 4096 bits seconds, so that they are made once, when
// first asked for, and shared.
var keys struct {
	sync.Mutex
	made map[keyID]func() *rsa.PrivateKey
}

type keyID struct{ bits, number int }

// Key returns the sample RSA-2048 key of that number: always the same one within a
// process, another one in the next. Different numbers give different keys.
func Key(number int) *rsa.PrivateKey { return KeyOfBits(2048, number) }

// KeyOfBits is Key for another size. Sizes under 1024 bits, which crypto/rsa refuses
// to make, panic.
func KeyOfBits(bits, number int) *rsa.PrivateKey {
	id := keyID{bits, number}
	keys.Lock()
	if keys.made == nil {
		keys.made = make(map[keyID]func() *rsa.PrivateKey)
	}
	made, ok := keys.made[id]
	if !ok {
		made = sync.OnceValue(func() *rsa.PrivateKey { return makeKey(bits) })
		keys.made[id] = made
	}
	keys.Unlock()
	return made() // outside the lock: several keys are made side by side
}

// Keys returns the sample keys numbered 0 to n-1, made on all cores at once.
func Keys(n int) []*rsa.PrivateKey {
	all := make([]*rsa.PrivateKey, n)
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			slots <- struct{}{}
			all[i] = Key(i)
			<-slots
		})
	}
	wg.Wait()
	return all
}

func makeKey(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(fmt.Sprintf("verifiertest: make a sample key of %d bits: %v", bits, err))
	}
	return key
}
