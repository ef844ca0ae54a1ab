/* Stands between a program and its disk (LD_PRELOAD): fails calls on demand, and writes down what reaches the disk.

   DISK_ROOT     only files below this folder are looked at
   DISK_CONTROL  a file laid out as struct rule; who writes to it says which calls fail from now on
   DISK_LOG      every change below the root is appended here, in the order in which it was made

   What is changed through a mapping is not seen: SQLite maps only its -shm file, which it makes anew after a crash. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATE = 1, WRITE, TRUNCATE, SYNC, SYNC_FOLDER, RENAME, UNLINK, LINK, MKDIR, RMDIR, SYNC_FAILED };

struct rule {
    uint32_t calls;   /* bit 1 << CREATE and so on */
    int32_t error;    /* errno to fail with */
    int32_t after;    /* let so many pass first */
    int32_t times;    /* then fail so many; -1 is for ever */
    uint32_t halve;   /* 1: the next write is cut to half and the one after it fails, as on a disk that fills up */
    uint32_t hits;    /* how many calls failed or were cut */
    char pattern[232]; /* of fnmatch(3), for the whole path */
};

struct entry { uint32_t call, path_length; uint64_t inode, offset, length; };

static const char *root;
static struct rule *rule;
static int record = -1;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
    const char *control = getenv("DISK_CONTROL"), *log = getenv("DISK_LOG");
    root = getenv("DISK_ROOT");
    if (control) {
        int fd = REAL(open64)(control, O_RDWR);
        rule = mmap(NULL, sizeof *rule, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (rule == MAP_FAILED) abort();
    }
    if (log && (record = REAL(open64)(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) < 0) abort();
}

static int ours(const char *path) {
    size_t n = root ? strlen(root) : 0;
    return n && !strncmp(path, root, n) && (path[n] == '/' || path[n] == 0);
}

static int path_of(int fd, char *path) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    path[n < 0 ? 0 : n] = 0;
    return ours(path);
}

static uint64_t inode_of(int fd) {
    struct stat about;
    return fstat(fd, &about) ? 0 : about.st_ino;
}

/* One record in one write, so that the records of the service and of its clients never mix. */
static void note(int call, const char *path, const char *to, uint64_t inode, uint64_t offset, const void *data,
                 size_t length) {
    if (record < 0) return;
    struct entry head = {call, strlen(path) + (to ? strlen(to) + 1 : 0), inode, offset, length};
    char both[2 * PATH_MAX];
    snprintf(both, sizeof both, "%s%s%s", path, to ? "|" : "", to ? to : "");
    struct iovec parts[] = {{&head, sizeof head}, {both, head.path_length}, {(void *)data, length}};
    size_t whole = sizeof head + head.path_length + length;
    if (REAL(writev)(record, parts, 3) != (ssize_t)whole) abort();
}

static int fails(int call, const char *path) {
    if (!rule || !(rule->calls & 1u << call) || fnmatch(rule->pattern, path, 0)) return 0;
    if (rule->after > 0) return rule->after--, 0;
    if (rule->times == 0) return 0;
    if (rule->times > 0) rule->times--;
    rule->hits++;
    errno = rule->error;
    return 1;
}

/* How much of a write gets through: all, half, or nothing (0, with errno). */
static size_t allowed(const char *path, size_t n) {
    if (!fails(WRITE, path)) return n;
    if (n > 1 && rule->halve == 1) return rule->halve = 2, n / 2;
    if (rule->halve == 2) rule->halve = 1;
    return 0;
}

#define WRITTEN(fd, data, n, call, at)                                   \
    char path[PATH_MAX];                                                 \
    if (!path_of(fd, path)) return call;                                 \
    pthread_mutex_lock(&turn);                                           \
    n = allowed(path, n);                                                \
    ssize_t done = n ? call : -1;                                        \
    if (done > 0) note(WRITE, path, NULL, inode_of(fd), at, data, done); \
    pthread_mutex_unlock(&turn);                                         \
    return done

ssize_t write(int fd, const void *data, size_t n) {
    if (n == 0) return REAL(write)(fd, data, n);
    WRITTEN(fd, data, n, REAL(write)(fd, data, n), lseek(fd, 0, SEEK_CUR) - done);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at) {
    WRITTEN(fd, data, n, REAL(pwrite64)(fd, data, n, at), at);
}

#define GUARDED(call, path, to, real, inode, offset)                            \
    pthread_mutex_lock(&turn);                                                  \
    int done = fails(call, path) ? -1 : real;                                   \
    if (done >= 0) note(call, path, to, inode, offset, NULL, 0);                \
    else if (call == SYNC) note(SYNC_FAILED, path, to, inode, offset, NULL, 0); \
    pthread_mutex_unlock(&turn);                                                \
    return done

int ftruncate64(int fd, off64_t size) {
    char path[PATH_MAX];
    if (!path_of(fd, path)) return REAL(ftruncate64)(fd, size);
    GUARDED(TRUNCATE, path, NULL, REAL(ftruncate64)(fd, size), inode_of(fd), size);
}

static int synced(int fd, int (*real)(int)) {
    char path[PATH_MAX];
    struct stat about;
    if (!path_of(fd, path) || fstat(fd, &about)) return real(fd);
    int call = S_ISDIR(about.st_mode) ? SYNC_FOLDER : SYNC;
    GUARDED(call, path, NULL, real(fd), about.st_ino, 0);
}

int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

static int opened(const char *path, int flags, mode_t mode) {
    if (!ours(path) || !(flags & (O_CREAT | O_TRUNC))) return REAL(open64)(path, flags, mode);
    pthread_mutex_lock(&turn);
    int fresh = access(path, F_OK) != 0;
    int fd = fresh && fails(CREATE, path) ? -1 : REAL(open64)(path, flags, mode);
    if (fd >= 0 && fresh) note(CREATE, path, NULL, inode_of(fd), 0, NULL, 0);
    if (fd >= 0 && !fresh && flags & O_TRUNC) note(TRUNCATE, path, NULL, inode_of(fd), 0, NULL, 0);
    pthread_mutex_unlock(&turn);
    return fd;
}

#define MODE(flags)                       \
    mode_t mode = 0;                      \
    if (flags & (O_CREAT | O_TMPFILE)) {  \
        va_list rest;                     \
        va_start(rest, flags);            \
        mode = va_arg(rest, mode_t);      \
        va_end(rest);                     \
    }

int open(const char *path, int flags, ...) { MODE(flags) return opened(path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return opened(path, flags, mode); }

int rename(const char *from, const char *to) {
    if (!ours(to)) return REAL(rename)(from, to);
    GUARDED(RENAME, from, to, REAL(rename)(from, to), 0, 0);
}

int link(const char *from, const char *to) {
    if (!ours(to)) return REAL(link)(from, to);
    GUARDED(LINK, from, to, REAL(link)(from, to), 0, 0);
}

int unlink(const char *path) {
    if (!ours(path)) return REAL(unlink)(path);
    GUARDED(UNLINK, path, NULL, REAL(unlink)(path), 0, 0);
}

int mkdir(const char *path, mode_t mode) {
    if (!ours(path)) return REAL(mkdir)(path, mode);
    GUARDED(MKDIR, path, NULL, REAL(mkdir)(path, mode), 0, 0);
}

int rmdir(const char *path) {
    if (!ours(path)) return REAL(rmdir)(path);
    GUARDED(RMDIR, path, NULL, REAL(rmdir)(path), 0, 0);
}

/* What the program does not do today; if it begins to, the record would be incomplete, so it ends here. */
#define UNSEEN(fd)                                                                       \
    char path[PATH_MAX];                                                                 \
    if (path_of(fd, path)) {                                                             \
        fprintf(stderr, "%s changes %s, which is not written down\n", __func__, path);   \
        abort();                                                                         \
    }

ssize_t writev(int fd, const struct iovec *parts, int n) { UNSEEN(fd) return REAL(writev)(fd, parts, n); }
int posix_fallocate64(int fd, off64_t at, off64_t n) { UNSEEN(fd) return REAL(posix_fallocate64)(fd, at, n); }
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t n, unsigned int flags) {
    UNSEEN(out) return REAL(copy_file_range)(in, from, out, to, n, flags);
}
ssize_t sendfile64(int out, int in, off64_t *at, size_t n);
ssize_t sendfile64(int out, int in, off64_t *at, size_t n) { UNSEEN(out) return REAL(sendfile64)(out, in, at, n); }
