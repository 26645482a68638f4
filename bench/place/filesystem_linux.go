package place

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// FileSystem is what a directory is on: [Memory], or a disk's kind.
func FileSystem(dir string) string {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return "an unknown file system"
	}
	switch fs.Type {
	case unix.TMPFS_MAGIC:
		return Memory
	case unix.EXT4_SUPER_MAGIC:
		return "ext4"
	case unix.XFS_SUPER_MAGIC:
		return "xfs"
	case unix.BTRFS_SUPER_MAGIC:
		return "btrfs"
	}
	return fmt.Sprintf("file system %#x", fs.Type)
}
