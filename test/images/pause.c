/* The first process of every pod: holds its namespaces, buries orphans, ends when asked to. */
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

int main(void)
{
	sigset_t all;
	int got;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	while (!sigwait(&all, &got)) {
		if (got == SIGTERM || got == SIGINT)
			return 0;
		while (got == SIGCHLD && waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	return 1;
}
