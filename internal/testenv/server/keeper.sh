# The keeper: starts ./start as its child, waits until standard input ends, then
# stops the child with signal $1 and removes folder $2, which is also its working
# directory. At each line before that end it kills the child and starts ./again in
# its place; in between it makes the file ./killed. File ./pid names the child, for
# who ends it without a next one. The child inherits standard output, so that the reader at its other
# end sees the child's end; the keeper itself lets go of it.
signal=$1 dir=$2
trap : HUP INT TERM
sh ./start 3>&1 </dev/null >>log 2>&1 &
child=$!
echo $child >pid
exec >/dev/null 2>&1
while read -r _; do
	kill -KILL "$child"
	wait "$child"
	: >killed
	sleep 0.2 # what the child had started ends by itself
	sh ./again </dev/null >>log 2>&1 &
	child=$!
	echo $child >pid
done
trap '' HUP INT TERM
kill -"$signal" "$child"
kill -TERM 0 # whatever else this group still runs, such as a half-done preparation
(
	n=0
	while [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
	kill -KILL "$child"
) &
killer=$!
wait "$child"
kill -KILL "$killer"
cd /
n=0
until rm -rf -- "$dir" || [ $n -ge 50 ]; do sleep 0.1; n=$((n + 1)); done
