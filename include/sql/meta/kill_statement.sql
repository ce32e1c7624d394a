-- Ends the statement of one who was connected to the shared warehouse and is gone.
KILL QUERY WHERE Settings['log_comment'] = {log_comment:String} ASYNC
