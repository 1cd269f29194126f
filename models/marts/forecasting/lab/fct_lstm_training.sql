with

weights as (

    select * from {{ ref('int_lstm_weights') }}

),

published as (

    select
        model,
        trained_date,
        cast(parameter_count as integer) as parameter_count,
        cast(n_windows as integer) as window_count,
        cast(epochs as integer) as epoch_count,
        first_training_loss,
        last_training_loss,
        validation_loss,
        naive_validation_loss,
        coalesce(last_training_loss < first_training_loss, false) as is_loss_falling,
        coalesce(validation_loss < naive_validation_loss, false)
            as is_better_than_naive,
        loss_history,
        architecture
    from weights

)

select * from published
