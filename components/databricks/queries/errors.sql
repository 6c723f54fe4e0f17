-- Calls that failed, the newest first
-- Columns: called_at, caller, status_code, answer
SELECT called_at, caller, status_code, substring(response, 1, 500) AS answer
FROM calls
WHERE status_code >= 400
ORDER BY called_at DESC
LIMIT 100
