package portal

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"strconv"
)

//go:embed assets
var assetFiles embed.FS

const assetsPath = "/assets/"

// An asset is a file that never changes under its URL.
type asset struct {
	text        []byte
	contentType string
}

// assets are served under names that hold a digest of their content: browsers may keep
// them for ever.
type assets struct {
	urls  map[string]string // by name in assets/
	files map[string]asset  // by name in the URL
}

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".png": "image/png",
}

func readAssets(files fs.FS) (*assets, error) {
	a := &assets{make(map[string]string), make(map[string]asset)}
	entries, err := fs.ReadDir(files, "assets")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		text, err := fs.ReadFile(files, path.Join("assets", entry.Name()))
		if err != nil {
			return nil, err
		}
		ext := path.Ext(entry.Name())
		sum := sha256.Sum256(text)
		hashed := entry.Name()[:len(entry.Name())-len(ext)] + "." + base64.RawURLEncoding.EncodeToString(sum[:9]) + ext
		a.urls[entry.Name()] = assetsPath + hashed
		a.files[hashed] = asset{text, contentTypes[ext]}
	}
	return a, nil
}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) error {
	file, ok := a.files[r.PathValue("name")]
	if !ok {
		return refuse(http.StatusNotFound)
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", file.contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(file.text)))
	_, _ = w.Write(file.text) // a visitor who has gone
	return nil
}
