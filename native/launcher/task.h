/* SPDX-License-Identifier: Apache-2.0 */
/* The task itself: descriptors, signals, and the cgroup it moves to. */
#ifndef PINFOLD_TASK_H
#define PINFOLD_TASK_H

/* Fills closed descriptors of 0 to 2 until the exec, so that nothing opened here becomes the
 * program's standard input or output. */
void hold_standard_descriptors(void);

/* Opens cgroup.procs of the cgroup v2 directory `path`, or of `directory_fd` when `path` is NULL.
 * Fails at step `cgroup`. */
int cgroup_open(int directory_fd, const char *path);

/* Moves this process there: it is `entering` until its exec. Fails at step `join`. */
void cgroup_join(int procs_fd);

/* Waits for one byte; the end of the file means that the parent gave up. Fails at step `go`. */
void wait_for_go(int fd);

/* Every descriptor from 3 on closes at the exec. Fails at step `descriptors`. */
void close_descriptors_on_exec(void);

/* Default disposition and nothing blocked: node leaves SIGPIPE ignored in its children. */
void reset_signals(void);

#endif
