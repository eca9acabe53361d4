/*
 * Preloaded into a process, it keeps of each file what was there when it was last synced: all that a loss of power would
 * leave in the worst case. Declared by hand, so that a compiler without headers will do.
 */
typedef long ssize_t;
typedef unsigned long size_t;

extern char *getenv(const char *name);
extern int snprintf(char *text, size_t size, const char *format, ...);
extern ssize_t readlink(const char *path, char *target, size_t size);
extern ssize_t pread(int file, void *bytes, size_t count, long offset);
extern ssize_t write(int file, const void *bytes, size_t count);
extern int open(const char *path, int flags, ...);
extern int close(int file);
extern int rename(const char *from, const char *to);

enum { LONGEST = 4096, O_WRONLY = 1, O_CREAT = 0100, O_TRUNC = 01000 };

/* To AFTER_POWER_LOSS, a folder, under the name of the file. */
static int keep(int file) {
  char bytes[1 << 14];
  char link[64], path[LONGEST], copy[LONGEST], part[LONGEST];
  const char *folder = getenv("AFTER_POWER_LOSS");
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (folder == 0 || length < 0) return 0;
  path[length] = 0;
  const char *name = path;
  for (const char *at = path; *at; at++)
    if (*at == '/') name = at + 1;
  snprintf(part, sizeof part, "%s/.part", folder);
  snprintf(copy, sizeof copy, "%s/%s", folder, name);
  ssize_t count = pread(file, bytes, sizeof bytes, 0);
  /* A folder, for one. */
  if (count < 0) return 0;
  int target = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  for (long offset = 0; count > 0; offset += count, count = pread(file, bytes, sizeof bytes, offset))
    if (write(target, bytes, count) != count) return -1;
  close(target);
  return rename(part, copy);
}

int fsync(int file) { return keep(file); }
int fdatasync(int file) { return keep(file); }
