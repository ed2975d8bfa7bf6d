/* SPDX-License-Identifier: MIT */
/*
 * sys.h -- the one table of what may fail: memory, and each system call that the library makes.
 *
 * pt_sys_open() is open(), and so on. In the library that is installed these are the plain calls,
 * inlined. Built with PITOT_FAULTS, each asks fault.h first whether it is its turn to fail, and
 * then does not happen, or happens and says that it failed where that is all that the kernel can do
 * to it (close(), a wake that is pending already).
 *
 * What is not here cannot fail for the arguments that it gets (clocks, mutexes, signal masks, sizes
 * of pages): scripts/check-calls has that list, and finds the calls that go past this table.
 */
#ifndef PT_BASE_SYS_H
#define PT_BASE_SYS_H

#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* clang-format off */

/*     result   name   parameters
 *                     the call                       what it returns when it fails, errno of a
 *                                                    failure once, and of one that lasts */
#define PT_SYS_CALLS(CALL)                                                                         \
    CALL(bool, alloc, (void),                                                                      \
        true, false, ENOMEM, ENOMEM) /* asked before each allocation, whoever the allocator is */  \
    CALL(void *, mmap, (void *at, size_t size, int protection, int flags, int fd, off_t offset),   \
        mmap(at, size, protection, flags, fd, offset), MAP_FAILED, ENOMEM, ENOMEM)                 \
    CALL(int, munmap, (void *at, size_t size),                                                     \
        munmap(at, size), -1, ENOMEM, ENOMEM)                                                      \
    CALL(int, madvise, (void *at, size_t size, int advice),                                        \
        madvise(at, size, advice), -1, EAGAIN, EINVAL)                                             \
    CALL(int, membarrier, (int command),                                                           \
        (int)syscall(SYS_membarrier, command, 0, 0), -1, ENOMEM, ENOSYS)                           \
    CALL(ssize_t, getrandom, (void *out, size_t size, unsigned flags),                             \
        getrandom(out, size, flags), -1, EAGAIN, ENOSYS)                                           \
    CALL(int, pthread_create,                                                                      \
        (pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *), void *arg),           \
        pthread_create(thread, how, run, arg), EAGAIN, EAGAIN, EAGAIN)                             \
    CALL(int, pthread_atfork, (void (*before)(void), void (*parent)(void), void (*child)(void)),   \
        pthread_atfork(before, parent, child), ENOMEM, ENOMEM, ENOMEM)                             \
    CALL(int, getrlimit, (unsigned resource, struct rlimit *out),                                  \
        getrlimit(resource, out), -1, EPERM, EPERM)                                                \
    CALL(int, getrusage, (int who, struct rusage *out),                                            \
        getrusage(who, out), -1, EPERM, EPERM)                                                     \
    CALL(int, open, (const char *path, int flags),                                                 \
        open(path, flags), -1, EINTR, EMFILE)                                                      \
    CALL(ssize_t, read, (int fd, void *out, size_t size),                                          \
        read(fd, out, size), -1, EINTR, EIO)                                                       \
    CALL(int, close, (int fd),                                                                     \
        close(fd), (close(fd), -1), EINTR, EINTR)                                                  \
    CALL(ssize_t, getdents64, (int fd, void *out, size_t size),                                    \
        getdents64(fd, out, size), -1, EINTR, ENOMEM)                                              \
    CALL(int, stat, (const char *path, struct stat *out),                                          \
        stat(path, out), -1, ENOMEM, EACCES)                                                       \
    CALL(int, lstat, (const char *path, struct stat *out),                                         \
        lstat(path, out), -1, ENOMEM, EACCES)                                                      \
    CALL(int, fstat, (int fd, struct stat *out),                                                   \
        fstat(fd, out), -1, ENOMEM, EIO)                                                           \
    CALL(int, fstatat, (int fd, const char *path, struct stat *out, int flags),                    \
        fstatat(fd, path, out, flags), -1, ENOMEM, EACCES)                                         \
    CALL(int, chmod, (const char *path, mode_t mode),                                              \
        chmod(path, mode), -1, ENOMEM, EPERM)                                                      \
    CALL(int, unlink, (const char *path),                                                          \
        unlink(path), -1, EBUSY, EACCES)                                                           \
    CALL(int, eventfd, (unsigned start, int flags),                                                \
        eventfd(start, flags), -1, ENOMEM, EMFILE)                                                 \
    CALL(int, eventfd_read, (int fd, eventfd_t *out),                                              \
        eventfd_read(fd, out), (eventfd_read(fd, out), -1), EAGAIN, EAGAIN)                        \
    CALL(int, eventfd_write, (int fd, eventfd_t more),                                             \
        eventfd_write(fd, more), (eventfd_write(fd, more), -1), EAGAIN, EAGAIN)                    \
    CALL(int, poll, (struct pollfd *fds, nfds_t count, int timeout_ms),                            \
        poll(fds, count, timeout_ms), -1, EINTR, EINTR)                                            \
    CALL(int, socket, (int family, int type, int protocol),                                        \
        socket(family, type, protocol), -1, ENOBUFS, EMFILE)                                       \
    CALL(int, setsockopt, (int fd, int level, int option, const void *value, socklen_t size),      \
        setsockopt(fd, level, option, value, size), -1, ENOMEM, ENOPROTOOPT)                       \
    CALL(int, getsockopt, (int fd, int level, int option, void *value, socklen_t *size),           \
        getsockopt(fd, level, option, value, size), -1, ENOMEM, ENOPROTOOPT)                       \
    CALL(int, bind, (int fd, const struct sockaddr *address, socklen_t size),                      \
        bind(fd, address, size), -1, EADDRINUSE, EACCES)                                           \
    CALL(int, listen, (int fd, int backlog),                                                       \
        listen(fd, backlog), -1, EADDRINUSE, EADDRINUSE)                                           \
    CALL(int, connect, (int fd, const struct sockaddr *address, socklen_t size),                   \
        connect(fd, address, size), -1, EAGAIN, EACCES)                                            \
    CALL(int, accept4, (int fd, struct sockaddr *address, socklen_t *size, int flags),             \
        accept4(fd, address, size, flags), -1, ECONNABORTED, EMFILE)                               \
    CALL(ssize_t, sendto, (int fd, const void *bytes, size_t size, int flags,                      \
        const struct sockaddr *to, socklen_t to_size),                                             \
        sendto(fd, bytes, size, flags, to, to_size), -1, EAGAIN, ECONNREFUSED)                     \
    CALL(int, dup, (int fd, int least),                                                            \
        fcntl(fd, F_DUPFD_CLOEXEC, least), -1, EMFILE, EMFILE)                                     \
    CALL(int, shutdown, (int fd, int how),                                                         \
        shutdown(fd, how), (shutdown(fd, how), -1), ENOTCONN, ENOTCONN)                            \
    CALL(int, getsockname, (int fd, struct sockaddr *address, socklen_t *size),                    \
        getsockname(fd, address, size), -1, ENOBUFS, ENOBUFS)                                      \
    CALL(int, getpeername, (int fd, struct sockaddr *address, socklen_t *size),                    \
        getpeername(fd, address, size), -1, ENOTCONN, ENOBUFS)                                     \
    CALL(int, getaddrinfo, (const char *host, const char *port, const struct addrinfo *hints,      \
        struct addrinfo **list),                                                                   \
        getaddrinfo(host, port, hints, list), EAI_MEMORY, ENOMEM, ENOMEM)                          \
    CALL(int, getnameinfo, (const struct sockaddr *address, socklen_t size, char *host,            \
        socklen_t host_size, char *port, socklen_t port_size, int flags),                          \
        getnameinfo(address, size, host, host_size, port, port_size, flags), EAI_MEMORY, ENOMEM,   \
        ENOMEM)

/* clang-format on */

#ifdef PITOT_FAULTS
#define PT_SYS_CALL(result, name, parameters, call, failed, once, lasting)                         \
    result pt_sys_##name parameters;
#else
#define PT_SYS_CALL(result, name, parameters, call, failed, once, lasting)                         \
    static inline result pt_sys_##name parameters                                                  \
    {                                                                                              \
        return call;                                                                               \
    }
#endif

PT_SYS_CALLS(PT_SYS_CALL)
#undef PT_SYS_CALL

#endif
