{#-
    The text of the order rule, for the replay to run: what an analyst changes in the
    macros order_lots, textbook_levels and order_rule changes the plan and the money it is judged by.
-#}

with

texts as (

    select
        'lots' as step,
        '{{ dbt.escape_single_quotes(order_lots('decisions')) }}' as rule_sql

    union all

    select
        'textbook' as step,
        '{{ dbt.escape_single_quotes(textbook_levels('decisions')) }}' as rule_sql

    union all

    select
        'orders' as step,
        '{{ dbt.escape_single_quotes(order_rule('decisions')) }}' as rule_sql

)

select * from texts
