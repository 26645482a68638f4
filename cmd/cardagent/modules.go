package main

import (
	"os"
	"path/filepath"
	"runtime"
)

// usualModules returns where PKCS#11 modules of smart cards lie on this system, in the
// order in which they are tried: HiCOS, which knows this country's cards; OpenSC; SoftHSM2.
// HiCOS's places are assumed from what others wrote of its installers. All are absolute,
// so that no working directory decides what is loaded.
func usualModules() []string {
	switch runtime.GOOS {
	case "windows":
		system := filepath.Join(windowsDirectory(), "System32")
		programs := os.Getenv("ProgramFiles")
		if !filepath.IsAbs(programs) {
			programs = `C:\Program Files`
		}
		return []string{
			filepath.Join(system, "HiCOSPKCS11.dll"),
			filepath.Join(programs, "HiCOS", "HiCOSPKCS11.dll"),
			filepath.Join(programs, "OpenSC Project", "OpenSC", "pkcs11", "opensc-pkcs11.dll"),
			`C:\SoftHSM2\lib\softhsm2-x64.dll`,
		}
	case "darwin":
		return []string{
			"/usr/local/lib/libHicos_p11v1.dylib",
			"/Library/HiCOS/libHicos_p11v1.dylib",
			"/Library/FBTokenLib/libHicos_p11v1.dylib",
			"/Library/OpenSC/lib/opensc-pkcs11.so",
			"/opt/homebrew/lib/softhsm/libsofthsm2.so",
			"/usr/local/lib/softhsm/libsofthsm2.so",
		}
	}
	paths := []string{
		"/usr/local/HiCOS/lib/libHicos_p11v1.so",
		"/usr/local/lib/libHicos_p11v1.so",
		"/usr/lib/libHicos_p11v1.so",
	}
	for _, dir := range []string{"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"} {
		paths = append(paths, filepath.Join(dir, "opensc-pkcs11.so"))
	}
	return append(paths, "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so")
}

func windowsDirectory() string {
	if dir := os.Getenv("SystemRoot"); filepath.IsAbs(dir) {
		return dir
	}
	return `C:\Windows`
}
