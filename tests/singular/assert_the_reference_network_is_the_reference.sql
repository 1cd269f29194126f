-- The reference architecture has 119,269 trainable parameters, and it learns.

{{ config(tags=['lstm']) }}

select
    model,
    trained_date,
    parameter_count
from {{ ref('fct_lstm_training') }}
where
    model = 'lstm_reference'
    and (parameter_count <> 119269 or not is_loss_falling)
