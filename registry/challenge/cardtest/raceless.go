//go:build !race

package cardtest

// raceDetector has the agent built as the tests are.
const raceDetector = false
